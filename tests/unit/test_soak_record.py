"""What the record of `make soak` says, and when."""

from pathlib import Path
from typing import Any, Literal

import pytest

from tests.soak import Soak

BROKEN = (
    "    def drill():\n>       assert held\nE       AssertionError: one | two\nE       three\n\ntests/lab/test_it.py:7"
)
LEFT_OUT = ("tests/lab/test_it.py", 7, "Skipped: the engine is missing")


def report(
    name: str,
    outcome: Literal["passed", "failed", "skipped"] = "passed",
    why: Any = None,
    when: Literal["setup", "call", "teardown"] = "call",
) -> pytest.TestReport:
    place = f"tests/lab/test_it.py::{name}"
    return pytest.TestReport(place, (place, 1, name), {}, outcome, why, when, duration=61.6)


def rows(record: Path) -> list[str]:
    return [line for line in record.read_text().splitlines() if line.startswith("| `")]


def test_each_drill_is_a_row_as_soon_as_it_has_ended(tmp_path: Path) -> None:
    record = tmp_path / "soak.md"
    soak, expected = Soak(record), list[str]()
    for ended, said in (
        (report("held"), "held"),
        (report("broken", "failed", BROKEN), r"failed: AssertionError: one \| two"),
        (report("left_out", "skipped", LEFT_OUT, "setup"), "skipped: the engine is missing"),
        (report("unprepared", "failed", "no line of a test", "setup"), "failed: no line of a test"),
    ):
        soak.pytest_runtest_logreport(ended)
        name = ended.nodeid.rpartition("::")[2]
        expected.append(f"| `lab/test_it.py::{name}` | {said} | 62 s |")
        assert rows(record) == expected


def test_a_drill_is_judged_by_its_end(tmp_path: Path) -> None:
    record = tmp_path / "soak.md"
    soak = Soak(record)
    soak.pytest_runtest_logreport(report("held", when="setup"))
    assert not record.exists()
    soak.pytest_runtest_logreport(report("held"))
    soak.pytest_runtest_logreport(report("held", "failed", BROKEN, "teardown"))
    assert rows(record) == [r"| `lab/test_it.py::held` | failed: AssertionError: one \| two | 62 s |"]
