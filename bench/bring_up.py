"""`make up` as a person types it: with nothing to do, with one setting changed, and from nothing."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from bench.figures import Series, Table, extent, seconds
from deploy.console import say
from lab.problem import Problem
from settings.load import ROOT, SETTINGS_KEY, stack_file

_SHORTEST: Final = 61
_LONGEST: Final = 290
_NOT_COPIED: Final = (".git", ".venv", "__pycache__", "node_modules")


@dataclass(frozen=True, order=True)
class Run:
    seconds: float
    printed: str

    @property
    def phases(self) -> str:
        return found[1] if (found := re.search(r"s in all: (.*)", self.printed)) else ""

    @property
    def way(self) -> str:
        return found[1] if (found := re.search(r"(with (the Pulumi engine|kubectl alone))", self.printed)) else ""


def section(stack: str, runs: int, *, cold: bool) -> str:
    first = _up(stack, ROOT, "not counted")
    warm = [_up(stack, ROOT, f"warm, {turn + 1} of {runs}") for turn in range(runs)]
    with _copy() as copy:
        changed = [_changed(stack, copy, f"one setting changed, {turn + 1} of {runs}") for turn in range(runs)]
    _up(stack, ROOT, "as it was")
    rows = [_row("warm: nothing to change", warm), _row("warm: one setting changed, the hub starts anew", changed)]
    if cold:
        rows.append(_row("cold: no lab, no data; images and programs built before", [_cold(stack)]))
    heads = (f"make up STACK={stack}", "runs", "median", "lowest to highest", "phases of the median run, in seconds")
    return f"{Table(heads, rows).markdown()}\n\nBrought up {first.way}."


def _row(what: str, runs: list[Run]) -> tuple[str, ...]:
    taken = Series(tuple(run.seconds for run in runs))
    middle = sorted(runs)[len(runs) // 2]
    return what, str(len(runs)), seconds(taken.median), extent(taken), middle.phases


def _up(stack: str, where: Path, what: str) -> Run:
    begun = time.monotonic()
    printed = _run(("make", "--no-print-directory", "up", f"STACK={stack}"), where)
    taken = time.monotonic() - begun
    say(f"make up, {what}: {taken:.1f} s")
    return Run(taken, printed)


def _cold(stack: str) -> Run:
    _run((sys.executable, "-m", "lab", "down", "--purge"), ROOT)
    return _up(stack, ROOT, "cold")


def _run(command: tuple[str, ...], where: Path) -> str:
    done = subprocess.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Problem(f"`{' '.join(command)}` did not succeed:\n" + "\n".join(done.stdout.splitlines()[-20:]))
    return done.stdout


@contextmanager
def _copy() -> Generator[Path]:
    """The checkout once more, so that nobody's stack file is left changed when this is interrupted."""
    with TemporaryDirectory(prefix="bench-") as directory:
        copy = Path(directory, "checkout")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED), symlinks=True)
        yield copy


def _changed(stack: str, copy: Path, what: str) -> Run:
    """With a value that was not there before, so that nothing remembered from an earlier run helps."""
    path = stack_file(stack, copy)
    file: dict[str, Any] = yaml.safe_load(path.read_text())
    settings = file["config"][SETTINGS_KEY]
    every = _SHORTEST + time.time_ns() // 1_000_000 % (_LONGEST - _SHORTEST)
    settings["culler"] = {"idle": "1h", "every": f"{every}s"}
    path.write_text(yaml.safe_dump(file, sort_keys=False))
    return _up(stack, copy, what)
