"""Makes a home ready: `python -m workspace.home <home> <mount>...`.

The container engine would make the directories that volumes are mounted on as root, and their user could not write beside
them. Whatever stands in the way of one is moved aside, not hidden below it.
"""

import os
import sys
from pathlib import Path

WRITABLE = ".writable"
"""Made and removed again, to see whether the user can write."""


class NotWritable(Exception):  # noqa: N818  it names a state of the home, not a mistake in the program
    """Why nobody could work in this home, for an administrator."""


def make_ready(home: Path, mounts: list[Path]) -> None:
    require_writable(home)
    for mount in mounts:
        place = home
        for part in mount.relative_to(home).parts:
            place /= part
            make_directory(place, home, mounted=place == mount)


def require_writable(home: Path) -> None:
    probe = home / WRITABLE
    try:
        probe.unlink(missing_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        found = home.stat()
        raise NotWritable(
            f"user {os.getuid()} of group {os.getgid()} cannot write to {home} ({error.strerror}): it belongs to user "
            f"{found.st_uid} of group {found.st_gid} with mode {found.st_mode & 0o7777:o}; an administrator has to hand it over"
        ) from error


def make_directory(place: Path, home: Path, *, mounted: bool) -> None:
    """A directory and no link to one, which would lead elsewhere; one to mount on has to be empty."""
    if (
        place.is_symlink()
        or (place.exists() and not place.is_dir())
        or (mounted and place.is_dir() and any(place.iterdir()))
    ):
        aside = free_name(place)
        place.rename(aside)
        print(f"moved {place.relative_to(home)} to {aside.relative_to(home)}: a volume is mounted there now")
    place.mkdir(exist_ok=True)


def free_name(place: Path) -> Path:
    taken = set(place.parent.iterdir())
    names = (
        place.with_name(f"{place.name}.moved{f'-{count}' if count > 1 else ''}") for count in range(1, len(taken) + 2)
    )
    return next(name for name in names if name not in taken)


if __name__ == "__main__":
    try:
        make_ready(Path(sys.argv[1]), [Path(mount) for mount in sys.argv[2:]])
    except (NotWritable, OSError) as problem:
        sys.exit(str(problem))
