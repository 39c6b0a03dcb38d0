"""The smallest edit of a stack file that raises the number of a secret: comments and order stay. Pure."""

import json
from typing import Any, Final

import yaml

from lab.problem import Problem
from settings.load import SETTINGS_KEY
from settings.yaml_file import YamlError, tree_of

_SECTION: Final = "rotations"


def numbered(text: str, name: str, number: int) -> str:
    """The text of the file with another number for a secret; a file written in an unforeseen way is left to people."""
    settings = _entry(_entry(yaml.compose(text, yaml.SafeLoader), "config"), SETTINGS_KEY)
    section = _entry(settings, _SECTION)
    if section is None:
        edited = _with(text, settings, f"{_SECTION}: {{{name}: {number}}}")
    elif (entry := _entry(section, name)) is None:
        edited = _with(text, section, f"{name}: {number}")
    else:
        edited = text[: entry.start_mark.index] + str(number) + text[entry.end_mark.index :]
    if _said_by(edited) != _expected(text, name, number):
        raise Problem(f"write it into the stack file by hand, and run make up: {_SECTION}: {{{name}: {number}}}")
    return edited


def _entry(mapping: Any, key: str) -> Any:  # noqa: ANN401 - PyYAML's nodes have no types
    pairs = mapping.value if isinstance(mapping, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _with(text: str, mapping: Any, entry: str) -> str:  # noqa: ANN401 - PyYAML's nodes have no types
    """One more entry at the end of a mapping, written as the others are."""
    if mapping.flow_style:
        end = mapping.end_mark.index - 1
        return f"{text[:end]}{', ' if mapping.value else ''}{entry}{text[end:]}"
    end = _end_of_line(text, _end(mapping))
    before = text[:end] if text[:end].endswith("\n") else f"{text[:end]}\n"
    return f"{before}{' ' * mapping.start_mark.column}{entry}\n{text[end:]}"


def _end(node: Any) -> int:  # noqa: ANN401 - PyYAML's nodes have no types
    """Where the last value ends; comments behind it do not count."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.index


def _end_of_line(text: str, place: int) -> int:
    if text[:place].endswith("\n"):
        return place
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1


def _said_by(text: str) -> object:
    try:
        return tree_of(text)
    except YamlError:
        return None


def _expected(text: str, name: str, number: int) -> object:
    # What an alias repeats is written out, so that a change of one place is a change of one place.
    tree: Any = json.loads(json.dumps(tree_of(text)))
    tree["config"][SETTINGS_KEY].setdefault(_SECTION, {})[name] = number
    return tree
