"""docs/services.md tells what a kind of service gives: exactly what a declared one of that kind does."""

import re

import pytest

from components.services.services import declared_services
from settings.load import ROOT
from tests.unit.test_services import KINDS, declaring, one

PAGE = (ROOT / "docs" / "services.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(?P<kind>[a-z]+)` \| (?P<port>[0-9]+) \| (?P<variables>.+?) \| (?P<files>.*?) ?\|$", re.MULTILINE
)
ROWS = {found["kind"]: found for found in ROW.finditer(PAGE)}


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([A-Z0-9_]+)`", cell))


def test_every_kind_stands_on_it() -> None:
    given = {str(kind.given["kind"]) for kind in KINDS.values()}
    assert set(re.findall(r"^\| `([a-z]+)` \|", PAGE, re.MULTILINE)) == given
    assert given - ROWS.keys() == {"generic"}


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_kind_gives_what_the_page_says(kind: str) -> None:
    settings = declaring(one(KINDS[kind]))
    ([service], [told]) = (settings.services, declared_services(settings.services))
    assert service.port == int(ROWS[kind]["port"])
    assert names(ROWS[kind]["variables"]) == told.environment.keys()
    assert names(ROWS[kind]["files"]) == {f"{file.variable}_FILE" for file in told.files}
