"""Broken stack files, each named by what is wrong with it: every one is refused for that reason and no other."""

import os
from pathlib import Path

import pytest
import yaml

from components.hub.config import hub_settings
from hub.check import check
from settings import Settings, SettingsError, rules
from settings.extends import extended
from settings.load import ROOT, SETTINGS_KEY, read, settings_of

REFUSED = sorted((ROOT / "tests" / "refused").glob("*.yaml"))
REFUSED_BY_THE_HUB = sorted((ROOT / "tests" / "refused" / "traits").glob("*.yaml"))
HINTS_OF_THE_LIBRARY = ("Input should", "should have", "validation error", "pydantic", "errors/", "unicode string")
SECRETS = ("hunter2", "hunter3", "Hunter2")

ANY = {"notebook": "any"}


def name(path: Path) -> str:
    return path.stem


def expectation(path: Path) -> tuple[str, str]:
    """The key and the reason that a file announces in its first line."""
    line, _, _ = path.read_text(encoding="utf-8").partition("\n")
    key, bar, reason = line.removeprefix("# refused: ").partition(" | ")
    assert line.startswith("# refused: "), f"{path.name} does not say in its first line what is refused"
    assert bar, f"{path.name} does not say why"
    return key, reason


@pytest.mark.parametrize("path", REFUSED, ids=name)
def test_it_is_refused_for_this_and_nothing_else(path: Path) -> None:
    key, reason = expectation(path)
    with pytest.raises(SettingsError) as refusal:
        read(path)
    problems = refusal.value.problems
    assert [problem.key for problem in problems] == [key], str(refusal.value)
    assert reason in problems[0].complaint


@pytest.mark.parametrize("path", REFUSED, ids=name)
def test_the_complaint_is_a_reason_and_a_mend_in_our_own_words(path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(path)
    said = str(refusal.value)
    reason, semicolon, mend = refusal.value.problems[0].complaint.partition("; ")
    assert reason
    assert semicolon
    assert mend, said
    assert not [hint for hint in HINTS_OF_THE_LIBRARY if hint in said], said
    assert not [secret for secret in SECRETS if secret in said], said
    assert all(character.isprintable() or character == "\n" for character in said), said


@pytest.mark.parametrize("path", REFUSED_BY_THE_HUB, ids=name)
def test_the_hub_refuses_the_trait_for_this_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))  # the check writes to it
    key, reason = expectation(path)
    (problem,) = check(hub_settings(read(path), ANY).model_dump_json())
    assert problem.key == key
    assert reason in problem.reason
    assert problem.mend


def test_there_are_many() -> None:
    assert len(REFUSED) >= 50
    assert len(REFUSED_BY_THE_HUB) >= 10


def test_every_rule_refuses_one_of_them() -> None:
    silent = set(rules.RULES)
    for settings in _whole_settings():
        silent = {rule for rule in silent if not list(rule(settings))}
    assert not [rule.__name__ for rule in silent]


def test_the_stacks_of_the_repository_pass_every_rule() -> None:
    for path in (*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("examples/Pulumi.*.yaml")):
        read(path)


def _whole_settings() -> list[Settings]:
    """The refused files whose single keys are all right, so that only a rule can have refused them."""
    found: list[Settings] = []
    for path in REFUSED:
        try:
            tree = yaml.safe_load(path.read_text(encoding="utf-8"))
            found.append(Settings.model_validate(extended(tree["config"][SETTINGS_KEY], path.name, settings_of)))
        except (ValueError, TypeError, KeyError, yaml.YAMLError, RecursionError, SettingsError):
            continue
    return found
