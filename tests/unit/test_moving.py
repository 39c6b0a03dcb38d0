"""The tables "theirs → ours" of docs/moving, read against the stack files: what a table says is there is there, and nothing
of a stack file is left unexplained."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from settings import SettingsError
from settings.extends import extended
from settings.load import ROOT, SETTINGS_KEY, read, settings_of, stack_file

PAGES = {"254carbon": "prod", "urbalurba": "urbalurba", "thinkube": "thinkube"}
"""The stack that each page of docs/moving explains."""
ROW = re.compile(r"^\| (?P<theirs>.+?) \| (?P<ours>.+?) \| (?P<value>.*?) \|$")


@dataclass(frozen=True)
class Row:
    theirs: str
    ours: str
    value: str


def rows(page: str) -> list[Row]:
    lines = (ROOT / "docs" / "moving" / f"{page}.md").read_text(encoding="utf-8").splitlines()
    found = [Row(**match.groupdict()) for line in lines if (match := ROW.match(line))]
    return [row for row in found if row.theirs not in {"theirs", "---", "in ours alone"}]


def tree(stack: str) -> Any:
    """What a stack says, with all it extends."""
    raw = yaml.safe_load(stack_file(stack).read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    return extended(raw, f"Pulumi.{stack}.yaml", settings_of)


def at(tree: Any, path: str) -> Any:
    """The value at a key; sections of a list are found by their names."""
    found: Any = tree
    for part in path.split("."):
        if isinstance(found, list):
            found = {entry["name"]: entry for entry in cast("list[dict[str, Any]]", found)}
        found = found[part]
    return found


def leaves(tree: Any, path: str = "") -> Iterator[str]:
    """Every key that holds a plain value or a list of them."""
    if isinstance(tree, dict):
        for key, value in cast("dict[str, Any]", tree).items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list) and tree and isinstance(tree[0], dict):
        for entry in cast("list[dict[str, Any]]", tree):
            yield from leaves({key: value for key, value in entry.items() if key != "name"}, f"{path}.{entry['name']}")
    else:
        yield path


def keys_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_table_says_stands_in_the_stack_file(page: str) -> None:
    settings = tree(PAGES[page])
    compared = 0
    for row in rows(page):
        if row.ours.startswith("`"):
            [key], [value] = keys_in(row.ours), keys_in(row.value)
            assert at(settings, key) == yaml.safe_load(value), row
            compared += 1
    assert compared >= 20


@pytest.mark.parametrize("page", PAGES)
def test_what_a_table_calls_refused_is_refused(page: str) -> None:
    refused = [row for row in rows(page) if row.ours.startswith("refused")]
    assert refused
    for row in refused:
        for name in keys_in(row.ours):
            path = ROOT / "tests" / "refused" / f"{name}.yaml"
            path = path if path.exists() else path.parent / "traits" / path.name
            assert path.exists(), row
            if path.parent.name == "refused":
                with pytest.raises(SettingsError):
                    read(path)


@pytest.mark.parametrize("page", PAGES)
def test_every_row_is_a_key_a_refusal_or_a_reason(page: str) -> None:
    for row in rows(page):
        assert row.ours.startswith(("`", "refused", "always", "not needed", "later", "make ")), row
        assert row.value, row


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_the_stack_file_is_left_unexplained(page: str) -> None:
    text = (ROOT / "docs" / "moving" / f"{page}.md").read_text(encoding="utf-8")
    explained = {key for row in rows(page) for key in keys_in(row.ours)} | {
        key for line in text.splitlines() if line.startswith("| in ours alone") for key in keys_in(line)
    }
    missing = [
        key
        for key in leaves(tree(PAGES[page]))
        if not any(key == known or key.startswith(f"{known}.") for known in explained)
    ]
    assert not missing


def test_each_page_belongs_to_a_stack() -> None:
    assert {path.stem for path in Path(ROOT, "docs", "moving").glob("*.md")} == set(PAGES)
