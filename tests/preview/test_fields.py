"""The difference of two values, as a person would tell it."""

import json
from typing import Any

import pytest

from preview.fields import ABSENT, FieldChange, changed
from preview.inventory import Secret, Unknown
from preview.text import field_lines, shown

NAMED = [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": ""}, {}, [("a", "", ABSENT)]),
        ({}, {"a": None}, [("a", ABSENT, None)]),
        ({"a": {"b": 1}}, {"a": "b"}, [("a", {"b": 1}, "b")]),
        (
            {"labels": {"example.org/x": "1"}},
            {"labels": {"example.org/x": "2"}},
            [('labels["example.org/x"]', "1", "2")],
        ),
        ({"c": NAMED}, {"c": [NAMED[1] | {"image": "2"}]}, [("c[a]", NAMED[0], ABSENT), ("c[b].image", "1", "2")]),
        ({"c": NAMED}, {"c": NAMED[::-1]}, [("c (order)", ["a", "b"], ["b", "a"])]),
        ({"args": ["-v", "x"]}, {"args": ["-v", "y"]}, [("args[1]", "x", "y")]),
        ({"args": ["-v"]}, {"args": ["-q", "-v"]}, [("args[0]", ABSENT, "-q")]),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}, [("args (order)", ["a", "b"], ["b", "a"])]),
        ({"rules": [{"to": 1}, {"to": 2}]}, {"rules": [{"to": 2}, {"to": 3}]}, [("rules[0].to", 1, 3)]),
        ({"d": json.dumps({"x": {"y": 1}})}, {"d": json.dumps({"x": {"y": 2}}, indent=1)}, [("d.x.y", 1, 2)]),
        ({"d": '{"x": 1}'}, {"d": '{ "x": 1}'}, [("d", '{"x": 1}', '{ "x": 1}')]),
        ({"d": '{"x": 1}'}, {"d": "{x"}, [("d", '{"x": 1}', "{x")]),
        ({"s": Secret("1")}, {"s": Secret("1")}, []),
        ({"s": Secret("1")}, {"s": Secret("2")}, [("s", Secret("1"), Secret("2"))]),
        ({"u": Unknown()}, {"u": Unknown()}, []),
        ({"u": "1"}, {"u": Unknown()}, [("u", "1", Unknown())]),
    ],
)
def test_changes(old: Any, new: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert list(changed(old, new)) == [FieldChange(*change) for change in expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 2, ["f: 1 -> 2"]),
        (ABSENT, {"b": 1, "a": "x"}, ['f: (absent) -> {"a": "x", "b": 1}']),
        (None, Unknown(), ["f: null -> (unknown until applied)"]),
        (Secret("canary"), Secret("canary two"), ["f: (secret) changes"]),
        (Secret("canary"), "open", ['f: (secret) -> "open"']),
        (
            ABSENT,
            {"a": [Secret("canary"), Unknown()]},
            ['f: (absent) -> {"a": ["(secret)", "(unknown until applied)"]}'],
        ),
        ("0123456789abcdef", "fedcba9876543210", ["f: 01234567 -> fedcba98"]),
        ("sha256:" + "a" * 64, "sha256:" + "b" * 64, ["f: aaaaaaaa -> bbbbbbbb"]),
        ("a\nb\n", "a\nc\n", ["f:", "  @@ -1,2 +1,2 @@", "   a", "  -b", "  +c"]),
    ],
)
def test_lines(old: Any, new: Any, expected: list[str]) -> None:
    assert list(field_lines(FieldChange("f", old, new))) == expected


def test_a_long_value_is_cut() -> None:
    assert shown("x" * 1000) == '"' + "x" * 159 + "… (1002 characters)"
