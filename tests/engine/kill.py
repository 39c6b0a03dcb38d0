"""Ends `make up` and its engine together, without warning, as a lost machine would."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.engine.checkout import Checkout

Events = list[dict[str, Any]]
Moment = Callable[[Events], bool]
_LIMIT_SECONDS: Final = 180.0


def made(count: int) -> Moment:
    """So many resources are said to be made."""

    def reached(events: Events) -> bool:
        steps = [event["resOutputsEvent"]["metadata"]["op"] for event in events if "resOutputsEvent" in event]
        return sum(step != "same" for step in steps) >= count

    return reached


def begun(kind: str, name: str) -> Moment:
    """The engine is at work on one resource, and the cluster too."""

    def reached(events: Events) -> bool:
        urns = [event["resourcePreEvent"]["metadata"]["urn"] for event in events if "resourcePreEvent" in event]
        return any(urn.endswith(f":{kind}::{name}") for urn in urns)

    return reached


def kill(checkout: Checkout, command: str, moment: Moment) -> None:
    """Start a command, and kill it and its engine at the moment."""
    report = checkout.engine_directory / "report.jsonl"
    report.unlink(missing_ok=True)
    with checkout.started(command) as process:
        end = time.monotonic() + _LIMIT_SECONDS
        while not moment(_events(report)):
            ended = process.poll() is not None
            assert not ended, f"it ended before the moment came:\n{process.stdout.read() if process.stdout else ''}"
            assert time.monotonic() < end, f"the moment did not come within {_LIMIT_SECONDS:.0f} s"
            time.sleep(0.05)
        engines = list(_engines_of(process.pid))
        assert engines
        for pid in (process.pid, *engines):
            os.kill(pid, signal.SIGKILL)


def _events(report: Path) -> Events:
    """Those of the lines that are written to their end."""
    if not report.exists():
        return []
    lines = report.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


def _engines_of(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.endswith("(pulumi") and int(rest.split()[1]) == parent:
            yield int(stat.parent.name)
