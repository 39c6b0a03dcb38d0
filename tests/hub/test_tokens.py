"""Tokens of Cloudflare Access, true ones and every kind of false one."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tornado.httputil import HTTPHeaders

from hub.login import tokens
from hub.login.edge import ASSERTION, Edge
from hub.login.refusals import LoginRefusedError
from tests.hub.team import AUDIENCE, CURVE, OURS, THEIRS, Team, claims, signed


@pytest_asyncio.fixture
async def team() -> AsyncIterator[tuple[Team, str]]:
    found = Team()
    async with found.listening() as issuer:
        yield found, issuer


@pytest.fixture
def edge(team: tuple[Team, str], tmp_path: Path) -> Edge:
    (tmp_path / "access-audience").write_text(AUDIENCE)
    return Edge(team[1], tmp_path / "access-audience", logging.getLogger("edge"))


def headers(given: Mapping[str, str]) -> HTTPHeaders:
    return HTTPHeaders(dict(given))


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def by_public_key(told: Mapping[str, Any]) -> str:
    """As by a shared secret, which everybody knows."""
    public = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{part(told)}"
    return f"{text}.{base64.urlsafe_b64encode(hmac.digest(public, text.encode(), hashlib.sha256)).decode().rstrip('=')}"


def tampered(token: str) -> str:
    head, body, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{part({**told, 'email': 'root@example.org'})}.{signature}"


async def test_a_true_token_says_who_somebody_is(edge: Edge, team: tuple[Team, str]) -> None:
    token = signed(claims(team[1]))
    admitted = await edge.admitted(headers({ASSERTION: token}))
    assert admitted.email == "ann@example.org"
    assert admitted.until == pytest.approx(time.time() + 60, abs=3)


NOW = int(time.time())
FALSE: dict[str, Callable[[str], str | None]] = {
    "no header": lambda iss: None,
    "an empty header": lambda iss: "",
    "no token": lambda iss: "ann@example.org",
    "forged by another key": lambda iss: signed(claims(iss), THEIRS),
    "changed afterwards": lambda iss: tampered(signed(claims(iss))),
    "without a signature": lambda iss: signed(claims(iss)).rpartition(".")[0] + ".",
    "expired": lambda iss: signed(claims(iss, exp=NOW - 120, iat=NOW - 240)),
    "not yet": lambda iss: signed(claims(iss, nbf=NOW + 3600)),
    "of the future": lambda iss: signed(claims(iss, iat=NOW + 3600)),
    "for another application": lambda iss: signed(claims(iss, aud=["b" * 64])),
    "for a prefix of ours": lambda iss: signed(claims(iss, aud=[AUDIENCE[:-1]])),
    "for nobody": lambda iss: signed(claims(iss, aud=None)),
    "of another team": lambda iss: signed(claims("https://evil.cloudflareaccess.com")),
    "of a team whose name begins alike": lambda iss: signed(claims(iss + ".evil.example.org")),
    "for ever": lambda iss: signed(claims(iss, exp=None)),
    "signed by nobody": lambda iss: f"{part({'alg': 'none', 'kid': 'first'})}.{part(claims(iss))}.",
    "signed with the public key": lambda iss: by_public_key(claims(iss)),
    "signed with a listed shared secret": lambda iss: signed(claims(iss), b"secret" * 8, "shared", "HS256"),
    "signed another way": lambda iss: signed(claims(iss), OURS, "first", "PS256"),
    "signed on a listed curve": lambda iss: signed(claims(iss), CURVE, "curve", "ES256"),
    "of an unknown key": lambda iss: signed(claims(iss), OURS, "second"),
    "of a key for encryption": lambda iss: signed(claims(iss), OURS, "encryption"),
    "of no named key": lambda iss: signed(claims(iss), OURS, None),
    "of the whole team": lambda iss: signed(claims(iss, type="org")),
    "of no kind": lambda iss: signed(claims(iss, type=None)),
    "of a program": lambda iss: signed(claims(iss, email=None, common_name="token.access", sub="")),
    "of a program with an address": lambda iss: signed(claims(iss, common_name="token.access")),
    "of an address that is a list": lambda iss: signed(claims(iss, email=["ann@example.org"])),
    "too long": lambda iss: signed(claims(iss, more="x" * 20_000)),
}


@pytest.mark.parametrize("make", FALSE.values(), ids=FALSE.keys())
async def test_a_false_token_lets_nobody_in(
    edge: Edge, team: tuple[Team, str], make: Callable[[str], str | None]
) -> None:
    token = make(team[1])
    with pytest.raises(LoginRefusedError) as refused:
        await edge.admitted(headers({} if token is None else {ASSERTION: token}))
    assert refused.value.status_code == 403
    assert "kid" not in refused.value.jupyterhub_message, "the reason is for the log"


async def test_nothing_else_in_a_request_counts(edge: Edge, team: tuple[Team, str]) -> None:
    token = signed(claims(team[1]))
    written = {
        "Cf-Access-Authenticated-User-Email": "ann@example.org",
        "Cf-Access-Client-Id": "x.access",
        "Authorization": f"Bearer {token}",
        "Cookie": f"CF_Authorization={token}",
        "X-Forwarded-User": "ann",
        "Remote-User": "ann",
    }
    with pytest.raises(LoginRefusedError):
        await edge.admitted(headers(written))
    twice = HTTPHeaders()
    for each in (token, token):
        twice.add(ASSERTION, each)
    with pytest.raises(LoginRefusedError):
        await edge.admitted(twice)


async def test_a_new_key_is_learnt_and_strangers_cannot_make_us_ask(
    edge: Edge, team: tuple[Team, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    signs, issuer = team
    await edge.admitted(headers({ASSERTION: signed(claims(issuer))}))
    for number in range(50):
        with pytest.raises(LoginRefusedError):
            await edge.admitted(headers({ASSERTION: signed(claims(issuer), THEIRS, f"unknown-{number}")}))
    assert signs.asked == 1
    signs.keys["second"] = THEIRS
    monkeypatch.setattr(tokens, "REST", 0.0)
    assert await edge.admitted(headers({ASSERTION: signed(claims(issuer), THEIRS, "second")}))
    assert await edge.admitted(headers({ASSERTION: signed(claims(issuer))})), "the earlier one is listed still"
    del signs.keys["first"]
    monkeypatch.setattr(tokens, "LONGEST_AGE", 0.0)
    with pytest.raises(LoginRefusedError):
        await edge.admitted(headers({ASSERTION: signed(claims(issuer))}))


async def test_a_crowd_asks_for_keys_once(edge: Edge, team: tuple[Team, str]) -> None:
    token = signed(claims(team[1]))
    await asyncio.gather(*(edge.admitted(headers({ASSERTION: token})) for _ in range(20)))
    assert team[0].asked == 1


async def test_known_keys_go_on_being_right_while_nobody_lists_them(
    edge: Edge, team: tuple[Team, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(claims(team[1]))
    await edge.admitted(headers({ASSERTION: token}))
    team[0].silent = True
    monkeypatch.setattr(tokens, "LONGEST_AGE", 0.0)
    assert await edge.admitted(headers({ASSERTION: token}))


async def test_without_keys_or_an_audience_nobody_can_log_in(edge: Edge, team: tuple[Team, str]) -> None:
    team[0].silent = True
    with pytest.raises(LoginRefusedError, match="does not answer") as refused:
        await edge.admitted(headers({ASSERTION: signed(claims(team[1]))}))
    assert refused.value.status_code == 503
    edge.audience.unlink()
    with pytest.raises(LoginRefusedError):
        await edge.admitted(headers({ASSERTION: signed(claims(team[1]))}))
