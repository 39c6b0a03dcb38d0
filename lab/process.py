"""Long-running processes: start one, find it again, stop it. Never by name: a process is its id and its start time."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import paths

STOP_SECONDS = 5.0
LOG_BYTES = 20_000_000
# Python complains about a child that it loses sight of while it runs; these are meant to outlive it.
outliving: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Running:
    pid: int
    started: int
    """Clock ticks since boot, from /proc: tells a recycled process id from ours."""
    fingerprint: str
    """What the process was started with; another value means that it has to be started again."""


def start_time(pid: int) -> int | None:
    """The start time of a living process, None when there is none (or only its zombie)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the name in parentheses, and may itself hold spaces and parentheses.
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def pid_file(name: str) -> Path:
    return paths.PIDS / f"{name}.json"


def log_file(name: str) -> Path:
    return paths.LOGS / f"{name}.log"


def running(name: str) -> Running | None:
    """The process that the lab started under this name, if it still lives."""
    try:
        found = Running(**json.loads(pid_file(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return found if start_time(found.pid) == found.started else None


def all_names() -> list[str]:
    return sorted(path.stem for path in paths.PIDS.glob("*.json"))


def start(name: str, command: Sequence[str], fingerprint: str, cgroups: Sequence[Path]) -> None:
    """Start a process in a session and control groups of its own, with its output appended to its log file."""
    paths.PIDS.mkdir(parents=True, exist_ok=True)
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    if log_file(name).exists() and log_file(name).stat().st_size > LOG_BYTES:
        log_file(name).replace(log_file(name).with_suffix(".log.old"))

    def enlist() -> None:
        # Before exec, so that no interruption of the caller can leave a process that nobody knows of.
        for group in cgroups:
            (group / "cgroup.procs").write_text(str(os.getpid()))
        pid = os.getpid()
        record = Running(pid, start_time(pid) or 0, fingerprint)
        unfinished = pid_file(name).with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(record)))
        unfinished.replace(pid_file(name))

    with log_file(name).open("ab") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(),
            start_new_session=True,
            preexec_fn=enlist,  # noqa: PLW1509  the lab has one thread
        )
    outliving.append(child)


def environment() -> dict[str, str]:
    """Only what the programs need: a proxy meant for the outside would swallow calls to the lab's own addresses."""
    kept = {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "LANG") if name in os.environ}
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **kept}


def stop(name: str) -> bool:
    """Ask, wait, then insist. True when there was something to stop."""
    found = running(name)
    if found:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(found.pid, sent)
            except ProcessLookupError:
                break
            if wait(lambda: start_time(found.pid) != found.started, STOP_SECONDS):
                break
    pid_file(name).unlink(missing_ok=True)
    outliving[:] = [child for child in outliving if child.poll() is None]
    return found is not None


def wait(condition: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def last_words(name: str, lines: int = 8) -> str:
    """The end of a log, for a failure that says why."""
    try:
        text = log_file(name).read_text(errors="replace")
    except FileNotFoundError:
        return "It wrote no log."
    return f"The end of {log_file(name)}:\n" + "\n".join(text.splitlines()[-lines:])
