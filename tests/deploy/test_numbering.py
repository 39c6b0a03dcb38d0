"""A secret's number in a stack file is raised by the smallest edit, and nothing else of the file changes."""

from pathlib import Path

import pytest
import yaml

from deploy.numbering import numbered
from lab.problem import Problem
from settings.load import ROOT, SETTINGS_KEY, STACK_FOLDERS

HEAD = "# ours\nconfig:\n  jupyterhub:settings:\n"
FILES = [path for folder in STACK_FOLDERS for path in sorted((ROOT / folder).glob("Pulumi.*.yaml"))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    extends: prod\n", "    extends: prod\n    rotations: {crypt-key: 2}\n"),
        ("    extends: prod", "    extends: prod\n    rotations: {crypt-key: 2}\n"),
        ("    extends: prod  # as it is\n\n# end\n", "    extends: prod  # as it is\n    rotations: {crypt-key: 2}\n\n# end\n"),
        ("    text: |\n      one\n      two\n", "    text: |\n      one\n      two\n    rotations: {crypt-key: 2}\n"),
        ("    a:\n      - b: 1\n        c: [2,\n          3]  # d\n", "    a:\n      - b: 1\n        c: [2,\n          3]  # d\n    rotations: {crypt-key: 2}\n"),
        ("    rotations: {}\n    z: 1\n", "    rotations: {crypt-key: 2}\n    z: 1\n"),
        ("    rotations: {crypt-key: 1} # why\n", "    rotations: {crypt-key: 2} # why\n"),
        ("    rotations: {a: 1}\n    z: 1\n", "    rotations: {a: 1, crypt-key: 2}\n    z: 1\n"),
        ("    rotations:\n      # why\n      a: 1  # b\n    z: 1\n", "    rotations:\n      # why\n      a: 1  # b\n      crypt-key: 2\n    z: 1\n"),
        ("    rotations:\n        crypt-key: 1  # b\n        z: 1\n", "    rotations:\n        crypt-key: 2  # b\n        z: 1\n"),
        ("    {extends: prod}\n", "    {extends: prod, rotations: {crypt-key: 2}}\n"),
        ("    rotations:\r\n      crypt-key: 1\r\n", "    rotations:\r\n      crypt-key: 2\r\n"),
    ],
)  # fmt: skip
def test_the_edit_is_the_smallest(before: str, after: str) -> None:
    assert numbered(HEAD + before, "crypt-key", 2) == HEAD + after


@pytest.mark.parametrize("settings", ["    rotations: {a: 1,}\n", "    b: &x {c: 1}\n    rotations: *x\n"])
def test_what_is_written_in_an_unforeseen_way_is_left_to_people(settings: str) -> None:
    with pytest.raises(Problem, match=r"by hand, and run make up: rotations: \{crypt-key: 2\}"):
        numbered(HEAD + settings, "crypt-key", 2)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_stack_file_here_can_be_edited(path: Path) -> None:
    before, after = path.read_text(), numbered(path.read_text(), "crypt-key", 7)
    assert yaml.safe_load(after)["config"][SETTINGS_KEY].pop("rotations")["crypt-key"] == 7
    assert set(before.splitlines()) - set(after.splitlines()) <= {
        line for line in before.splitlines() if "rotations" in line
    }
