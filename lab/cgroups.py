"""The lab's control groups: one tree of its own in every hierarchy, for its daemons and its pods."""

import time
from pathlib import Path

from lab import paths

ROOT = Path("/sys/fs/cgroup")
REMOVE_SECONDS = 10


def hierarchies() -> list[Path]:
    """Where trees can be made: the one tree of version 2, or every controller of version 1."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return sorted(path for path in ROOT.iterdir() if (path / "cgroup.procs").exists())


def daemons() -> list[Path]:
    return [tree / paths.CGROUP / "daemons" for tree in hierarchies()]


def make() -> None:
    for group in daemons():
        group.mkdir(parents=True, exist_ok=True)
        # A new cpuset has neither processors nor memory, and a process cannot enter it.
        for inherited in ("cpuset.cpus", "cpuset.mems"):
            for level in (group.parent, group):
                if (level / inherited).exists() and not (level / inherited).read_text().strip():
                    (level / inherited).write_text((level.parent / inherited).read_text())


def trees() -> list[Path]:
    return [tree / paths.CGROUP for tree in hierarchies() if (tree / paths.CGROUP).exists()]


def members() -> set[int]:
    """Every process in the lab's trees."""
    return {
        int(pid) for tree in trees() for listing in tree.rglob("cgroup.procs") for pid in listing.read_text().split()
    }


def remove() -> None:
    """Delete the trees. A group goes only once its last process has gone, which takes the kernel a moment."""
    end = time.monotonic() + REMOVE_SECONDS
    for tree in trees():
        # Deepest first: a group with children cannot be removed.
        for group in [*sorted((path for path in tree.rglob("*") if path.is_dir()), reverse=True), tree]:
            while True:
                try:
                    group.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)
