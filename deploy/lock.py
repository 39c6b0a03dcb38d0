"""One command at a time per stack, also across checkouts."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from deploy.console import note
from lab.problem import Problem
from lab.process import start_time

_ORPHAN_SECONDS: Final = 600.0


@contextmanager
def exclusively(path: Path) -> Generator[int]:
    """Hold the lock; its descriptor may be handed to a child that has to outlive us, such as the engine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _take(file, path)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()} {start_time(os.getpid())}")
        file.flush()
        yield file.fileno()


def _take(file: IO[str], path: Path) -> None:
    """A living holder is refused at once. A dead one's child, left over from a kill, is waited for."""
    end = time.monotonic() + _ORPHAN_SECONDS
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = path.read_text().split()
            if len(holder) == 2 and str(start_time(int(holder[0]))) == holder[1]:  # noqa: PLR2004 - id and start
                raise Problem(
                    f"another command works on this stack (process {holder[0]}); wait until it ends"
                ) from None
            if time.monotonic() > end:
                raise Problem(f"what an earlier command left behind still holds {path}; end it and try again") from None
            if not told:
                note("an earlier command was killed; waiting for the engine it left behind")
                told = True
            time.sleep(1)
        else:
            return
