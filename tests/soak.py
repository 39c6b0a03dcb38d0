"""The record of `make soak`, written anew after each drill: a run that is cut off leaves what it had."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from settings.load import ROOT

RECORD = ROOT / "docs" / "soak.md"


class Soak:
    """A plugin of the run."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._begun = f"{revision()}, {datetime.now(UTC):%Y-%m-%d}"
        self._drills: dict[str, pytest.TestReport] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Of a drill that was set up and ended well, or of what kept it from that."""
        if report.when == "call" or report.outcome != "passed":
            self._drills[report.nodeid] = report
            self._record.write_text(page(self._begun, list(self._drills.values())))


def revision() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def page(begun: str, drills: list[pytest.TestReport]) -> str:
    """What was tried, how it went and how long it took."""
    return "\n".join(
        [
            "# The last soak",
            "",
            f"`make soak` at {begun}, {os.cpu_count()} cores, {platform.system()} {platform.release().partition('-')[0]}. "
            "Long outages and drills; `make test` proves the same promises the short way.",
            "",
            "| drill | outcome | took |",
            "|---|---|---|",
            *map(row, drills),
            "",
        ]
    )


def row(drill: pytest.TestReport) -> str:
    outcome = "held" if drill.outcome == "passed" else f"{drill.outcome}: {reason(drill)}"
    return f"| `{drill.nodeid.removeprefix('tests/')}` | {outcome} | {drill.duration:.0f} s |"


def reason(drill: pytest.TestReport) -> str:
    """The line that says it, as a cell of a table."""
    if isinstance(drill.longrepr, tuple):
        said = drill.longrepr[2].removeprefix("Skipped: ")
    else:
        lines = drill.longreprtext.strip().splitlines()
        said = next((line.removeprefix("E").strip() for line in lines if line.startswith("E ")), lines[-1])
    return said.replace("|", "\\|")


if __name__ == "__main__":
    raise SystemExit(pytest.main(["-v", "-m", "soak"], plugins=[Soak(RECORD)]))
