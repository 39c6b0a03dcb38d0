"""Which claim is whose home."""

from typing import Any

import pytest

from hub.homes import Existing, New, Owner, Refused, choose_home

ANN = "ann@example.org"
SAFE, ESCAPED = "claim-ann-example-org---1234abcd", "claim-ann-40example-2eorg"
OWNER = Owner(ANN, "")


def claim(name: str, user: str | None = ANN, server: str | None = None, deleted: bool = False) -> dict[str, Any]:
    annotations = {"hub.jupyter.org/username": user, "hub.jupyter.org/servername": server}
    metadata: dict[str, Any] = {
        "name": name,
        "annotations": {key: value for key, value in annotations.items() if value is not None},
    }
    return {"metadata": metadata | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})}


@pytest.mark.parametrize(
    ("claims", "remembered", "decision"),
    [
        # nothing there
        ([], None, New(SAFE)),
        ([claim("claim-bob", "bob")], None, New(SAFE)),
        # one of hers, whatever it is called
        ([claim(SAFE)], None, Existing(SAFE)),
        ([claim(ESCAPED)], None, Existing(ESCAPED)),
        ([claim("home-of-ann"), claim("claim-bob", "bob")], None, Existing("home-of-ann")),
        # no annotations at all, but the name is one a hub would have given
        ([claim(ESCAPED, None)], None, Existing(ESCAPED)),
        ([claim(SAFE, None)], None, Existing(SAFE)),
        ([claim("something", None)], None, New(SAFE)),
        ([{"metadata": {"name": ESCAPED, "annotations": None}}], None, Existing(ESCAPED)),
        # another server of hers is another home
        ([claim("claim-ann--work", server="work")], None, New(SAFE)),
        ([claim("claim-ann--work", server="work"), claim(ESCAPED)], None, Existing(ESCAPED)),
        # the hub's memory settles it, unless the claim is gone or is somebody else's
        ([claim(SAFE), claim(ESCAPED)], ESCAPED, Existing(ESCAPED)),
        ([claim("mounted", None)], "mounted", Existing("mounted")),
        ([claim(ESCAPED)], SAFE, Existing(ESCAPED)),
        ([], ESCAPED, New(SAFE)),
        ([claim("claim-bob", "bob"), claim(SAFE)], "claim-bob", Existing(SAFE)),
        # one was retired by hand
        ([claim(SAFE, "retired"), claim(ESCAPED)], None, Existing(ESCAPED)),
    ],
)
def test_found(claims: list[dict[str, Any]], remembered: str | None, decision: Existing | New) -> None:
    assert choose_home(OWNER, claims, (SAFE, ESCAPED), remembered) == decision


@pytest.mark.parametrize(
    ("claims", "remembered", "words"),
    [
        ([claim(SAFE), claim(ESCAPED)], None, f"2 homes of yours ({ESCAPED}, {SAFE})"),
        ([claim(SAFE), claim(ESCAPED, None)], None, "2 homes of yours"),
        ([claim(SAFE), claim(ESCAPED)], "gone", "2 homes of yours"),
        ([claim(SAFE, "bob")], None, "taken by somebody else's"),
        ([claim(SAFE, deleted=True)], None, "being deleted"),
        ([claim(SAFE, deleted=True)], SAFE, "being deleted"),
    ],
)
def test_never_guessed(claims: list[dict[str, Any]], remembered: str | None, words: str) -> None:
    decision = choose_home(OWNER, claims, (SAFE, ESCAPED), remembered)
    assert isinstance(decision, Refused)
    assert words in decision.to_user
    assert SAFE in decision.to_admin
