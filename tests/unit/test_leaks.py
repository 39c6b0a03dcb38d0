"""A leaked value is seen however it is written, and nothing else is taken for one."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.engine.leaks import Leak, leaks

PASSWORD = 'Wolken/über "Kiel" &c:%'  # noqa: S105 - of nobody
KEY = "1234567890abcdef" * 4


@pytest.mark.parametrize(
    ("text", "writing"),
    [
        (f"login with {PASSWORD}!", "plain"),
        (json.dumps({"password": PASSWORD}), "JSON"),
        (f"postgresql://hub:{quote(PASSWORD, safe='')}@db", "URL"),
        (PASSWORD.encode().hex().upper(), "hex"),
        *((base64.b64encode(f"{before}{PASSWORD} and more".encode()).decode(), "base64") for before in ("", "a", "ab", "abc")),
        *((base64.urlsafe_b64encode(f"{before}{PASSWORD}".encode()).decode(), "base64") for before in ("", "a", "ab")),
        (base64.b64encode(base64.b64encode(b"twice")).decode() + base64.b64encode(PASSWORD.encode()).decode(), "base64"),
    ],
)  # fmt: skip
def test_it_is_seen_however_it_is_written(text: str, writing: str) -> None:
    assert leaks({"login": PASSWORD}, {"log": "nothing", "state": text}) == [Leak("state", "login", writing)]


def test_a_key_is_seen_as_the_bytes_it_stands_for() -> None:
    binary = base64.urlsafe_b64encode(b"key:" + bytes.fromhex(KEY)).decode()
    assert leaks({"cookie": KEY}, {"pod": binary}) == [Leak("pod", "cookie", "base64 of the key")]


def test_parts_and_others_are_no_leaks() -> None:
    texts = {"log": PASSWORD[:-1], "state": KEY[1:], "pod": base64.b64encode(PASSWORD[1:-1].encode()).decode()}
    assert leaks({"login": PASSWORD, "cookie": KEY}, texts) == []


def test_what_would_be_found_by_chance_is_not_looked_for() -> None:
    with pytest.raises(ValueError, match="too short to be looked for: pin"):
        leaks({"pin": "1234"}, {})
