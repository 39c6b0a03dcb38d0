"""The table of threats: each row names tests, and each test is there."""

import re

import pytest

from settings.load import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_, _, SECTION = PAGE.partition("## Threats\n")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in SECTION.partition("\n## ")[0].splitlines()
    if line.startswith("| ")
][1:]


def named(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+::[^`]+)`", row[2])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_said_to_be_tried_is_tried(row: list[str]) -> None:
    attack, control, _, remains = row
    assert attack
    assert control
    assert remains
    assert named(row), f"nothing attacks: {attack}"
    for test in named(row):
        file, _, function = test.partition("::")
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {function}\(", source, re.MULTILINE), f"there is no {test}"


def test_no_attack_stands_there_twice() -> None:
    assert ROWS
    assert len({row[0] for row in ROWS}) == len(ROWS)
