"""One command at a time per stack, also across checkouts."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lab.problem import Problem


@contextmanager
def exclusively(path: Path) -> Generator[None]:
    """Hold the lock; the kernel drops it with the process, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = path.read_text()
            raise Problem(f"another command works on this stack (process {holder}); wait until it ends") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
