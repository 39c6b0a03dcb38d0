"""Values and changed fields as lines of text; what is secret is never among them. Pure."""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from preview.fields import Absent, FieldChange, Side
from preview.inventory import Secret, Unknown, Value

_LONG: Final = 160
_CONTEXT: Final = 1
_HASH: Final = re.compile(r"(?:sha256:)?[0-9a-f]{16,}")
_SHORT_HASH: Final = 8


def shown(value: Side) -> str:
    """One line for a value."""
    if isinstance(value, Absent):
        return "(absent)"
    if isinstance(value, Secret):
        return "(secret)"
    if isinstance(value, Unknown):
        return "(unknown until applied)"
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)} characters)"


def field_lines(change: FieldChange) -> Iterator[str]:
    """A changed field: one line, or for a text of several lines those that differ."""
    old, new = change.old, change.new
    if isinstance(old, Secret) and isinstance(new, Secret):
        yield f"{change.path}: (secret) changes"
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old.strip() + new.strip():
        yield f"{change.path}:"
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=_CONTEXT, lineterm="")
        yield from (f"  {line}" for line in list(lines)[2:])
    elif _is_hash(old) and _is_hash(new):
        yield f"{change.path}: {_short(str(old))} -> {_short(str(new))}"
    else:
        yield f"{change.path}: {shown(old)} -> {shown(new)}"


def _plain(value: Value) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return shown(value) if isinstance(value, Secret | Unknown) else value


def _is_hash(value: Side) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _short(text: str) -> str:
    return text.removeprefix("sha256:")[:_SHORT_HASH]
