"""The settings reference and the editors' schema say what the models do, about every key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from settings import Settings
from settings.extends import extended, merged
from settings.keys import every_key, example_of
from settings.load import ROOT, SETTINGS_KEY, parse, settings_of
from settings.problems import SettingsError
from settings.reference import main, markdown
from settings.schema import schema
from settings.yaml_file import YamlError, tree_of

STACKS = sorted(
    path for folder in (ROOT, ROOT / "examples", ROOT / "tests" / "stacks") for path in folder.glob("Pulumi.*.yaml")
)
REFUSED = sorted((ROOT / "tests" / "refused").glob("*.yaml"))
SCHEMA = schema()
BEYOND_A_PATTERN = {"duration_of_centuries"}
"""What only arithmetic finds out."""
MISSING = {"missing", "union_tag_not_found"}
"""What the file below might have said."""


def name(path: Path) -> str:
    return path.stem


@dataclass(frozen=True)
class Broken:
    name: str
    tree: dict[str, Any]
    """As it stands there."""
    whole: dict[str, Any]
    """With everything it extends."""
    kinds: set[str]
    """What pydantic finds wrong with it."""


def wrong_by_themselves() -> Iterator[Broken]:
    """The refused files with a key that is wrong whatever the others are."""
    for path in REFUSED:
        try:
            tree: Any = tree_of(path.read_text(encoding="utf-8"))
            whole = extended(tree["config"][SETTINGS_KEY], path.name, settings_of)
        except (YamlError, SettingsError, TypeError, KeyError):
            continue
        try:
            Settings.model_validate(whole)
        except ValidationError as error:
            kinds = {detail["type"] for detail in error.errors()}
            yield Broken(path.stem, tree, {**tree, "config": {**tree["config"], SETTINGS_KEY: whole}}, kinds)


def accepts(tree: Any) -> bool:
    return Draft202012Validator(SCHEMA).is_valid(tree)  # pyright: ignore[reportUnknownMemberType] - not all of it is typed


def test_the_files_are_written_anew_and_found_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    assert main(["--check"], tmp_path) == 1
    assert "docs/settings.md differs from the models in settings/; run make docs" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "docs" / "stack.schema.json").write_text("{}")
    assert main(["--check"], tmp_path) == 1
    assert "settings.md" not in capsys.readouterr().err


def test_the_committed_files_are_those_of_the_models() -> None:
    assert main(["--check"]) == 0


def test_every_key_is_explained() -> None:
    assert not [key.path for key in every_key(Settings) if not key.field.description]
    text = markdown()
    assert not [key.path for key in every_key(Settings) if f"`{key.path}`" not in text]
    assert not [key.path for key in every_key(Settings) for model in key.choices if str(model.__doc__) not in text]


def test_every_example_is_valid() -> None:
    for key in every_key(Settings):
        for model in key.choices:
            model.model_validate(example_of(model))


@pytest.mark.parametrize(
    "alternative",
    [
        {"mesh": None, "users": {"discovery": None}},
        {
            "cluster": {"kind": "context", "context": "prod"},
            "users": {"profiles": [{"name": "small", "choices": {"kind": "discovered"}}]},
        },
    ],
    ids=[
        "the lab, which has no mesh, and choices that are listed",
        "a cluster with a mesh, and choices it is asked for",
    ],
)
def test_the_examples_of_all_sections_are_valid_together(alternative: dict[str, Any]) -> None:
    no_templates_here = {"branding": {"templates": None}}
    parse(merged(merged(example_of(Settings), no_templates_here), alternative), "the examples")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", STACKS, ids=name)
def test_the_schema_accepts_every_stack_of_ours(path: Path) -> None:
    assert accepts(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_schema_refuses_what_a_single_key_gets_wrong() -> None:
    broken = list(wrong_by_themselves())
    assert len(broken) >= 100
    assert {each.name for each in broken if accepts(each.whole)} == BEYOND_A_PATTERN
    above = [each for each in broken if each.tree != each.whole]
    assert len(above) >= 25
    assert [each.name for each in above if accepts(each.tree)] == [each.name for each in above if each.kinds <= MISSING]


@pytest.mark.parametrize(
    "around",
    [
        {"stack": "dev"},
        {"config": {"jupyterhub:login-password": "hunter2"}},
        {"config": {"jupyterhub:login-password": {"secure": "hunter2"}}},
        {"config": {"aws:region": "eu-central-1"}},
        {"config": {"jupyterhub:setings": {}}},
        {"config": None},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses_what_stands_around_the_settings(around: dict[str, Any]) -> None:
    sound = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    config = around.get("config", {})
    broken = {**sound, **around, "config": None if config is None else {**sound["config"], **config}}
    assert not accepts(broken)
