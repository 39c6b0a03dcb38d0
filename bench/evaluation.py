"""The program evaluated in fresh processes: the time from the start of Python, and the most memory it held."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Final

from bench import grown
from bench.figures import Series, Table, extent, mebibytes, ratio, seconds
from deploy.console import say
from lab.problem import Problem
from settings.load import ROOT

STACKS: Final = ("dev", "prod", "urbalurba", "thinkube")
_EMPTY: Final = Path(__file__).parent / "empty"
_KIBIBYTES: Final = 1024


@dataclass(frozen=True)
class Run:
    """One process from its start to its end."""

    seconds: float
    processor: float
    """Seconds of processor time, which other work on the machine hardly changes."""
    peak: float
    """MiB. It counts from the fork on, so it is true while this process is the smaller one; it never imports Pulumi."""
    printed: str


def section(runs: int) -> str:
    programs = {"empty": _EMPTY, **dict.fromkeys(STACKS, ROOT)}
    # The first one compiles and fills the page cache, for all of them alike.
    for stack, root in programs.items():
        _once(stack, root)
    taken: dict[str, list[Run]] = {stack: [] for stack in programs}
    for turn in range(runs):
        say(f"evaluating {', '.join(programs)}: {turn + 1} of {runs}")
        for stack, root in programs.items():
            taken[stack].append(_once(stack, root))
    floor = Series(tuple(run.seconds for run in taken["empty"])).median
    heads = ("evaluated", "resources", "median", "of the floor", "lowest to highest", "processor", "peak memory")
    table = Table((*heads, "provider packages"), [_row(stack, found, floor) for stack, found in taken.items()])
    return f"{table.markdown()}\n\n{_growth(runs)}"


def _growth(runs: int) -> str:
    """How the time grows with what a stack file says."""
    taken: dict[int, list[Run]] = {}
    with TemporaryDirectory() as directory:
        for count in grown.COUNTS:
            say(f"evaluating {count} profiles and services, {runs} times")
            file = grown.write(count, Path(directory))
            taken[count] = [_once("grown", ROOT, file) for _ in range(runs)]
    medians = {count: Series(tuple(run.seconds for run in found)).median for count, found in taken.items()}
    first = medians[grown.COUNTS[0]]
    rows = [
        (
            str(count),
            str(json.loads(taken[count][-1].printed)["resources"]),
            seconds(medians[count]),
            ratio(medians[count], first),
        )
        for count in grown.COUNTS
    ]
    return Table(("profiles, and as many services", "resources", "median", "of the first"), rows).markdown()


def _row(stack: str, runs: Sequence[Run], floor: float) -> tuple[str, ...]:
    taken = Series(tuple(run.seconds for run in runs))
    said = json.loads(runs[-1].printed)
    return (
        f"stack {stack}" if stack in STACKS else "the floor: nothing but `import pulumi`",
        str(said["resources"]),
        seconds(taken.median),
        ratio(taken.median, floor),
        extent(taken),
        seconds(Series(tuple(run.processor for run in runs)).median),
        mebibytes(Series(tuple(run.peak for run in runs)).median),
        ", ".join(said["providers"]) or "none",
    )


def _once(stack: str, root: Path, file: Path | None = None) -> Run:
    command = (sys.executable, "-m", "bench.one_evaluation", stack, str(root), *([str(file)] if file else []))
    begun = time.perf_counter()
    with TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise Problem(f"stack {stack} was not evaluated; the lines above say why")
    return Run(taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _KIBIBYTES, printed)
