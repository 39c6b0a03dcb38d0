"""What a run that was killed leaves behind: its engine at work, the engine's plugins, and the lock on the state."""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from deploy.console import note

MARK: Final = "JUPYTERHUB_PLATFORM_RUN"
"""In the environment of the engine and its plugins, it tells them from all others, and from those of another stack."""
_ENGINE: Final = "pulumi"
_STOP_SECONDS: Final = 60.0


def end_processes(mark: str) -> None:
    """Ask the engine to write down what it has done and stop, and end what still runs then."""
    left = marked(mark)
    _signal(left, signal.SIGINT)
    end = time.monotonic() + _STOP_SECONDS
    if _ENGINE in left.values():
        note("an earlier run was killed; waiting for its engine to stop")
    while _ENGINE in left.values() and time.monotonic() < end:
        time.sleep(0.5)
        left = marked(mark)
    _signal(left, signal.SIGKILL)


def marked(mark: str) -> dict[int, str]:
    """The processes with this mark, by id, and their names."""
    entry = f"{MARK}={mark}".encode()
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if entry in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "comm").read_text().strip()
    return found


def clear_locks(backend: Path) -> None:
    """Remove the locks of engines that no longer live; ours is the only machine that uses this backend."""
    for lock in backend.glob(".pulumi/locks/**/*.json"):
        try:
            holder = int(json.loads(lock.read_text())["pid"])
        except (ValueError, KeyError):
            holder = 0
        comm = Path(f"/proc/{holder}/comm")
        if not (comm.exists() and comm.read_text().strip() == _ENGINE):
            lock.unlink(missing_ok=True)


def _signal(processes: dict[int, str], sent: signal.Signals) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, sent)
