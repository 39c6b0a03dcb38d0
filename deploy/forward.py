"""The processes that keep ports of this machine connected to Services (`deploy.forwarder`): each outlives the command that starts it,
and the pods it leads to. `python -m deploy.forward stop` ends them all.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from lab.paths import CACHE
from lab.process import start_time

RUN: Final = CACHE / "run"
_ROOT: Final = Path(__file__).resolve().parent.parent
_STOP_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Forward:
    """One process that forwards, as its file describes it."""

    pid: int
    started: int
    """Clock ticks since boot: tells a recycled process id from ours."""
    port: int
    target: list[str]
    """The namespace, the Service, and the words every kubectl call begins with."""


def file_of(stack: str) -> Path:
    return RUN / f"forward-{stack}.json"


def log_of(stack: str) -> Path:
    return RUN / f"forward-{stack}.log"


def api_socket(port: int) -> Path:
    """Where the process that keeps the port asks the API server."""
    return RUN / f"{port}.socket"


def running(stack: str) -> Forward | None:
    try:
        found = Forward(**json.loads(file_of(stack).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return found if start_time(found.pid) == found.started else None


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def ensure(stack: str, port: int, target: Sequence[str]) -> bool:
    """Have it running as described; True when it had to be started."""
    found = running(stack)
    if found and (found.port, found.target) == (port, list(target)):
        return False
    stop(stack)
    RUN.mkdir(parents=True, exist_ok=True)
    log = str(log_of(stack))
    # Not a child to wait for: it outlives us.
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "deploy.forwarder", str(port), str(api_socket(port)), *target],
        {**os.environ, "PYTHONPATH": str(_ROOT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    begun = start_time(pid)
    if begun is not None:
        fresh = file_of(stack).with_suffix(".new")
        fresh.write_text(json.dumps(asdict(Forward(pid, begun, port, list(target)))))
        fresh.replace(file_of(stack))
    return True


def stop(stack: str) -> bool:
    """End it and its children; True when it ran."""
    found = running(stack)
    if found:
        os.killpg(found.pid, signal.SIGTERM)
        end = time.monotonic() + _STOP_SECONDS
        while start_time(found.pid) == found.started and time.monotonic() < end:
            time.sleep(0.05)
        api_socket(found.port).unlink(missing_ok=True)
    file_of(stack).unlink(missing_ok=True)
    return found is not None


def stop_all() -> None:
    for path in sorted(RUN.glob("forward-*.json")):
        stop(path.stem.removeprefix("forward-"))


if __name__ == "__main__" and sys.argv[1:] == ["stop"]:
    stop_all()
