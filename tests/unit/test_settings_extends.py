"""A stack file that builds on another one."""

import pytest

from settings import SettingsError
from settings.extends import extended, merged

MERGED: dict[str, tuple[object, object, object]] = {
    "a key that differs": ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
    "a section in a section": ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
    "a key that is removed": ({"a": 1, "b": 2}, {"b": None}, {"a": 1}),
    "a key that was absent": ({"a": 1}, {"b": {"c": 1}}, {"a": 1, "b": {"c": 1}}),
    "another kind": ({"kind": "x", "a": 1}, {"kind": "y", "b": 1}, {"kind": "y", "b": 1}),
    "the same kind": ({"kind": "x", "a": 1}, {"kind": "x", "b": 1}, {"kind": "x", "a": 1, "b": 1}),
    "a kind left out": ({"kind": "x", "a": 1}, {"a": 2}, {"kind": "x", "a": 2}),
    "a plain list": ([1, 2], [3], [3]),
    "a list by name": (
        [{"name": "s", "size": 1, "kind": "k"}, {"name": "t"}],
        [{"name": "s", "size": 2}, {"name": "u"}],
        [{"name": "s", "size": 2, "kind": "k"}, {"name": "t"}, {"name": "u"}],
    ),
    "a list with a nameless entry": ([{"name": "s", "size": 1}], [{"size": 2}], [{"size": 2}]),
    "a name written twice stays for the rules to see": (
        [{"name": "s"}],
        [{"name": "s"}, {"name": "s"}],
        [{"name": "s"}, {"name": "s"}],
    ),
    "a text for a section": ({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}),
}


@pytest.mark.parametrize("case", MERGED)
def test_what_two_stacks_say_together(case: str) -> None:
    below, own, together = MERGED[case]
    assert merged(below, own) == together


STACKS: dict[str, object] = {
    "base": {"a": 1, "b": 1, "c": 1},
    "middle": {"extends": "base", "b": 2, "c": 2},
    "one": {"extends": "two"},
    "two": {"extends": "one"},
}


def test_the_nearest_stack_wins() -> None:
    assert extended({"extends": "middle", "c": 3}, "Pulumi.x.yaml", STACKS.__getitem__) == {"a": 1, "b": 2, "c": 3}


def test_a_stack_that_extends_nothing_is_left_as_it_is() -> None:
    assert extended("no section", "Pulumi.x.yaml", STACKS.__getitem__) == "no section"


@pytest.mark.parametrize("name", ["x", "one"])
def test_a_ring_of_stacks_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"extends: '.*' extends this stack itself; name one"):
        extended({"extends": name}, "Pulumi.x.yaml", STACKS.__getitem__)


def test_a_base_without_a_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="extends: is not the name of a stack; write one"):
        extended({"extends": 1}, "Pulumi.x.yaml", STACKS.__getitem__)
