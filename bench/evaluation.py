"""The program evaluated in fresh processes: wall time from the start of Python, and the most memory it held."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.figures import Series, Table, extent, mebibytes, ratio, seconds
from deploy.console import say
from lab.problem import Problem
from settings.load import ROOT

STACKS: Final = ("dev", "prod", "e2e")
_EMPTY: Final = Path(__file__).parent / "empty"
_KIBIBYTES: Final = 1024


@dataclass(frozen=True)
class Evaluation:
    seconds: Series
    peak: Series
    """MiB. It counts from the fork on, so it is true as long as this process is the smaller one; it never imports Pulumi."""
    resources: int
    providers: list[str]


def section(runs: int) -> str:
    # The first one compiles and fills the page cache, for all of them alike.
    for stack in STACKS:
        _once(stack, ROOT)
    floor = measure("empty", _EMPTY, runs)
    rows = [_row("a program with nothing but `import pulumi`", floor, floor)]
    rows += [_row(f"stack {stack}", measure(stack, ROOT, runs), floor) for stack in STACKS]
    heads = (
        "evaluated",
        "resources",
        "median",
        "of the floor",
        "lowest to highest",
        "peak memory",
        "provider packages",
    )
    return Table(heads, rows).markdown()


def measure(stack: str, root: Path, runs: int) -> Evaluation:
    say(f"evaluating {stack}, {runs} times")
    taken = [_once(stack, root) for _ in range(runs)]
    last = json.loads(taken[-1][2])
    return Evaluation(
        Series(tuple(item[0] for item in taken)),
        Series(tuple(item[1] for item in taken)),
        last["resources"],
        last["providers"],
    )


def _row(what: str, found: Evaluation, floor: Evaluation) -> tuple[str, ...]:
    return (
        what,
        str(found.resources),
        seconds(found.seconds.median),
        ratio(found.seconds.median, floor.seconds.median),
        extent(found.seconds),
        mebibytes(found.peak.median),
        ", ".join(found.providers) or "none",
    )


def _once(stack: str, root: Path) -> tuple[float, float, str]:
    """Seconds, MiB, and what it printed."""
    command = (sys.executable, "-m", "bench.one_evaluation", stack, str(root))
    begun = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    taken = time.perf_counter() - begun
    if process.returncode:
        raise Problem(f"stack {stack} was not evaluated; the lines above say why")
    return taken, usage.ru_maxrss / _KIBIBYTES, printed
