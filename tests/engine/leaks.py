"""Looks for values that nobody may find, in whatever writing. Pure."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

SHORTEST: Final = 12
"""Shorter ones would be found by chance."""


@dataclass(frozen=True, order=True)
class Leak:
    where: str
    secret: str
    writing: str
    """How it is written there."""


def leaks(values: Mapping[str, str], texts: Mapping[str, str]) -> list[Leak]:
    """Every value that stands in one of the texts; both by their names."""
    short = [name for name, value in values.items() if len(value) < SHORTEST]
    if short:
        raise ValueError(f"too short to be looked for: {', '.join(short)}")
    looked_for = [(name, writing, word) for name, value in values.items() for writing, word in _written(value)]
    return sorted(
        {
            Leak(where, name, writing)
            for where, text in texts.items()
            for name, writing, word in looked_for
            if word in (text.lower() if writing == "hex" else text)
        }
    )


def _written(value: str) -> Iterator[tuple[str, str]]:
    raw = value.encode()
    yield "plain", value
    yield "JSON", json.dumps(value)[1:-1]
    yield "URL", quote(value, safe="")
    yield "hex", raw.hex()
    yield from (("base64", word) for word in _in_base64(raw))
    if _is_key(value):
        yield from (("base64 of the key", word) for word in _in_base64(bytes.fromhex(value)))


def _in_base64(raw: bytes) -> Iterator[str]:
    """As it stands within the base64 of a longer text, wherever it begins there, in both alphabets."""
    for before in range(3):
        padded = b"\0" * before + raw
        whole = padded[: len(padded) // 3 * 3]
        # The first characters also depend on what is before.
        first = (before * 8 + 5) // 6
        yield base64.b64encode(whole).decode()[first:]
        yield base64.urlsafe_b64encode(whole).decode()[first:]


def _is_key(value: str) -> bool:
    try:
        return len(bytes.fromhex(value)) >= SHORTEST
    except ValueError:
        return False
