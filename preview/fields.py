"""Two values compared field by field, as a person would tell the difference. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from preview.inventory import Value


@dataclass(frozen=True)
class Absent:
    """There is no such field on this side."""


ABSENT: Final = Absent()
Side: TypeAlias = "Value | Absent"
_IDENTITIES: Final = ("name", "mountPath", "containerPort", "port", "key", "type")
"""What tells the entries of a Kubernetes list apart, the most telling first."""


@dataclass(frozen=True)
class FieldChange:
    path: str
    old: Side
    new: Side


def changed(old: Side, new: Side, path: str = "") -> Iterator[FieldChange]:
    """Every field that differs, with its path: `spec.containers[hub].image`, `data["settings.json"].login.kind`."""
    if _same(old, new):
        return
    if isinstance(old, str) and isinstance(new, str):
        old_document, new_document = _document(old), _document(new)
        if old_document is not None and new_document is not None and not _same(old_document, new_document):
            yield from changed(old_document, new_document, path)
            return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from changed(old.get(key, ABSENT), new.get(key, ABSENT), _below(path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _changed_items(old, new, path)
    else:
        yield FieldChange(path, old, new)


def _same(old: Side, new: Side) -> bool:
    """Python finds True equal to 1; a cluster does not."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return type(old) is type(new) and old == new


def _document(text: str) -> Value:
    """The JSON document inside a string, if that is what it holds."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _below(path: str, key: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _changed_items(old: list[Value], new: list[Value], path: str) -> Iterator[FieldChange]:
    old_named, new_named = _named(old, new)
    if old_named is not None and new_named is not None:
        for name in sorted(old_named.keys() | new_named.keys()):
            yield from changed(old_named.get(name, ABSENT), new_named.get(name, ABSENT), f"{path}[{name}]")
        if old_named.keys() == new_named.keys() and list(old_named) != list(new_named):
            yield FieldChange(f"{path} (order)", [*old_named], [*new_named])
        return
    gone, come = _without(old, new), _without(new, old)
    if len(gone) == len(come) == 1:
        [(place, before)], [(_, after)] = gone, come
        yield from changed(before, after, f"{path}[{place}]")
    elif gone or come:
        yield from (FieldChange(f"{path}[{place}]", item, ABSENT) for place, item in gone)
        yield from (FieldChange(f"{path}[{place}]", ABSENT, item) for place, item in come)
    else:
        yield FieldChange(f"{path} (order)", old, new)


def _named(*lists: list[Value]) -> tuple[dict[str, Value] | None, ...]:
    """The items by what tells them apart, where one field does so in every list."""
    for identity in _IDENTITIES:
        found = [_by(items, identity) for items in lists]
        if None not in found:
            return tuple(found)
    return tuple(None for _ in lists)


def _by(items: list[Value], identity: str) -> dict[str, Value] | None:
    named: dict[str, Value] = {}
    for item in items:
        name = item.get(identity) if isinstance(item, dict) else None
        if not isinstance(name, str | int) or str(name) in named:
            return None
        named[str(name)] = item
    return named


def _without(items: list[Value], others: list[Value]) -> list[tuple[int, Value]]:
    """The items, with their places, that are not among the others as often."""
    left = list(others)
    result: list[tuple[int, Value]] = []
    for place, item in enumerate(items):
        twin = next((index for index, other in enumerate(left) if _same(item, other)), None)
        if twin is None:
            result.append((place, item))
        else:
            del left[twin]
    return result
