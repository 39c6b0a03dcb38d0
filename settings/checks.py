"""What a value must be beyond its form: visible, short enough, written once, fit for JSON, no secret."""

import math
import re
from typing import cast

LENGTHS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_YEAR = 366 * 86400
_SECRET_ENDING = re.compile(r"(password|passwd|passphrase|secret|token|credential|apikey|(^|_)key)s?$", re.IGNORECASE)
_PASSWORD = re.compile(r"[^/?#\s:@]*:[^/?#\s@]+@")
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def sounds_secret(name: str) -> bool:
    """Whether what stands under a name is likely nobody else's business. `ssl_key` is the path of a file."""
    return name != "ssl_key" and _SECRET_ENDING.search(name) is not None


def holds_password(address: str) -> bool:
    """Whether an address, or what was meant to be one, names a user with a password."""
    return _PASSWORD.search(address) is not None


def visible(text: str) -> bool:
    """Whether a text is free of control characters, half characters and marks that turn its direction around."""
    return _INVISIBLE.search(text) is None


def number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def seconds(text: str) -> int:
    length = int(text[:-1]) * LENGTHS[text[-1]]
    if length > _YEAR:
        raise ValueError("is longer than a year, which no setting means; write less, such as 30d")
    return length


def told_apart(value: object) -> object:
    """A name written twice is a slip of the pen, and a set would hide it."""
    names = cast("list[object]", value) if isinstance(value, list) else []
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"names {name!r} twice; write it once")
    return cast("object", value)


def plain(value: object) -> object:
    """Only what JSON can carry, which is how it reaches the hub."""
    if isinstance(value, dict):
        section = cast("dict[object, object]", value)
        if not all(isinstance(key, str) for key in section):
            raise ValueError("holds a key that is not a text; write the key in quotes")
        return {key: plain(part) for key, part in section.items()}
    if isinstance(value, list):
        return [plain(part) for part in cast("list[object]", value)]
    if isinstance(value, str):
        return all_visible(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is no number JSON can carry; write a finite one")
    if value is not None and not isinstance(value, int | float):
        raise ValueError("holds what JSON cannot carry; write a text, a number, true, false, a list or a section")
    return value


def all_visible(value: str) -> str:
    if not visible(value):
        raise ValueError("holds a character one cannot see; remove it")
    return value
