"""Whether a signed token is what it claims to be: one verifier for all of them, and the keys that issuers list."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import jwt
from jwt import PyJWK

PATIENCE = 5
"""Seconds an issuer may take to list its keys."""
REST = 30.0
"""Seconds between two questions for keys, whatever strangers send."""
LONGEST_AGE = 3600.0
"""Seconds after which the keys are asked for again, so that one which was withdrawn is not trusted for good."""
LEEWAY = 30
"""Seconds by which two clocks may differ."""
LONGEST_TOKEN = 16_384
LONGEST_LIST = 262_144
OK = 200

Claims = dict[str, Any]


class InvalidTokenError(Exception):
    """Nobody is to be let in with it. What is wrong with it is for the log."""


class NoKeysError(Exception):
    """Nothing can be said about any token now."""


@dataclass(frozen=True)
class Rules:
    """What a token has to say."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    """By public keys only: with any other one, whoever knows the public key could sign."""
    marks: Mapping[str, str]
    """Claims by which the token that is meant is told from the issuer's other tokens."""

    def with_marks(self, marks: Mapping[str, str]) -> "Rules":
        return replace(self, marks={**self.marks, **marks})


@dataclass
class Keys:
    """The public keys an issuer lists, by their ids."""

    url: str
    _known: dict[str, PyJWK] = field(default_factory=dict[str, PyJWK])
    _asked: float | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def key(self, kid: str) -> PyJWK:
        async with self._asking:
            if self._is_due(kid):
                await self._ask()
        if not self._known:
            raise NoKeysError(f"{self.url} has not listed any keys")
        if kid not in self._known:
            raise InvalidTokenError("it is signed with a key that its issuer does not list")
        return self._known[kid]

    def _is_due(self, kid: str) -> bool:
        if self._asked is None:
            return True
        age = time.monotonic() - self._asked
        return age >= LONGEST_AGE or (kid not in self._known and age >= REST)

    async def _ask(self) -> None:
        self._asked = time.monotonic()
        try:
            self._known = _signing_keys(await _fetch(self.url))
        except (aiohttp.ClientError, OSError, LookupError, TypeError, ValueError) as error:
            # Those listed before go on being right: a key outlives the pause between two questions by far.
            if not self._known:
                raise NoKeysError(f"{self.url}: {error or type(error).__name__}") from error


async def verified(token: str, keys: Keys, rules: Rules) -> Claims:
    """What it says, if its issuer signed it for us, it is of the right kind, and its time has come and is not over."""
    if len(token) > LONGEST_TOKEN:
        raise InvalidTokenError(f"it is longer than {LONGEST_TOKEN} characters")
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError as error:
        raise InvalidTokenError(f"it is not a signed token: {error}") from error
    if not isinstance(kid, str):
        raise InvalidTokenError("it does not say which key it is signed with")
    key = await keys.key(kid)
    try:
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=list(rules.algorithms),
            issuer=rules.issuer,
            audience=rules.audience,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except jwt.InvalidTokenError as error:
        raise InvalidTokenError(str(error)) from error
    for name, value in rules.marks.items():
        if claims.get(name) != value:
            raise InvalidTokenError(f"its {name!r} is {claims.get(name)!r} instead of {value!r}")
    return claims


async def _fetch(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False) as response:
        if response.status != OK:
            raise ValueError(f"it answers {response.status}")
        body = b""
        while len(body) <= LONGEST_LIST and (more := await response.content.read(LONGEST_LIST)):
            body += more
        return body


def _signing_keys(text: bytes) -> dict[str, PyJWK]:
    """Those that sign; one that is not understood leaves the others as good as they are."""
    listed: Any = json.loads(text)
    found: dict[str, PyJWK] = {}
    for entry in listed["keys"]:
        try:
            key = PyJWK(entry)
        except (jwt.PyJWTError, AttributeError, TypeError, ValueError):
            continue
        if key.public_key_use in (None, "sig") and isinstance(key.key_id, str):
            found[key.key_id] = key
    if not found:
        raise ValueError("it lists no key that signs")
    return found
