"""What YAML may say: only what the engine's reader and ours take for the same."""

from typing import Any

import pytest

from settings.yaml_file import YamlError, tree_of

YAML: list[tuple[str, Any]] = [
    ("a: 1", {"a": 1}),
    ("a: -1.5", {"a": -1.5}),
    ("a: ~", {"a": None}),
    ("a:", {"a": None}),
    ("a: [x, 'on', \"010\"]", {"a": ["x", "on", "010"]}),
    ("a: |\n  1:30\n", {"a": "1:30\n"}),
    ("a: {<<: {b: 1, c: 1}, b: 2}", {"a": {"b": 2, "c": 1}}),
    ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
    ("a: 1.2.3.4", {"a": "1.2.3.4"}),
    ("254carbon: yesterday", {"254carbon": "yesterday"}),
]


@pytest.mark.parametrize(("text", "tree"), YAML)
def test_yaml_that_every_reader_takes_alike(text: str, tree: object) -> None:
    assert tree_of(text) == tree


@pytest.mark.parametrize(
    "value",
    [
        *("yes", "No", "ON", "off", "y", "N", "True", "FALSE", "Null", "NULL"),
        *("010", "08", "0o17", "0x1F", "0b1", "1_000", "12:30", "1:30:00", "+1", "9" * 19),
        *("1e3", "1.5e3", ".5", "1.", "-.inf", ".NaN", "2026-01-01", "2026-01-01 12:00:00"),
        *("!!int '5'", "!!float 5", "!!binary aGk=", "!x y", "!!set {a}", "!!omap [a: 1]"),
        *("{a: 1, a: 1}", "{5: a}", "{? [a] : b}"),
    ],
)
def test_yaml_that_two_readers_take_differently(value: str) -> None:
    with pytest.raises(YamlError) as error:
        tree_of(f"config: {{'jupyterhub:settings': {{here: {value}}}}}")
    assert {problem.key.partition(".")[0] for problem in error.value.problems} == {"here"}
