"""A realm of Keycloak, as the hub speaks with it: five questions, and what each answer means."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, time
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp

from hub.login.claims import Known, known
from hub.login.kept import Session
from hub.login.tokens import OK, InvalidTokenError, Keys, NoKeysError, Rules, verified

PROTOCOL = "/protocol/openid-connect"
PATIENCE = 5
"""Seconds an answer may take."""
PATIENCE_TO_CONNECT = 2
REST = 10.0
"""Seconds for which it is not asked again after nothing could be reached: whoever starts a server would wait each time, longer than
the page that shows the progress waits for a start to begin."""
LONGEST_ANSWER = 262_144
NO_CONTENT, BAD_REQUEST = 204, 400
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")


def challenge(verifier: str) -> str:
    """What Keycloak is told of the secret that stays in the browser's cookie; it comes back in the token, as the nonce."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


class EndedError(Exception):
    """Keycloak says no for good: that login is over."""


class SilentError(Exception):
    """Nothing is known: no answer, or none that can be believed."""


@dataclass
class Realm:
    issuer: str
    """As browsers and tokens name it."""
    back_channel: str
    """As the hub reaches it."""
    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        self._away_until = 0.0
        self._keys = Keys(f"{self.back_channel}{PROTOCOL}/certs")
        self._rules = Rules(self.issuer, self.client_id, ALGORITHMS, {"typ": "ID", "azp": self.client_id})

    async def expect_answer(self) -> None:
        """Before somebody is sent there, who would find nobody."""
        said = await self._ask("/.well-known/openid-configuration")
        if said.get("issuer") != self.issuer:
            raise SilentError(f"{self.back_channel} calls itself {said.get('issuer')!r}, not {self.issuer!r}")

    async def redeem(self, code: str, verifier: str, callback: str) -> tuple[Session, Known]:
        """Who has just logged in, from what their browser has brought along."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": callback}
        return await self._granted(form, {"nonce": challenge(verifier)})

    async def renew(self, session: Session) -> tuple[Session, Known]:
        """Who they are now. Keycloak takes it for a sign that somebody is there."""
        form = {"grant_type": "refresh_token", "refresh_token": session.refresh_token}
        return await self._granted(form, {"sid": session.sid})

    async def end(self, session: Session) -> None:
        await self._ask(f"{PROTOCOL}/logout", form={"refresh_token": session.refresh_token, **self._client})

    def end_session_url(self, after: str, id_token: str | None) -> str:
        """Where a browser logs out. Without the token, Keycloak asks whether that is meant if the session goes on."""
        hint = {"id_token_hint": id_token} if id_token else {"client_id": self.client_id}
        return f"{self.issuer}{PROTOCOL}/logout?{urlencode({**hint, 'post_logout_redirect_uri': after})}"

    async def _granted(self, form: dict[str, str], marks: Mapping[str, str]) -> tuple[Session, Known]:
        tokens = await self._ask(f"{PROTOCOL}/token", form={**form, **self._client})
        try:
            claims = await verified(str(tokens["id_token"]), self._keys, self._rules.with_marks(marks))
            said = await self._ask(f"{PROTOCOL}/userinfo", token=str(tokens["access_token"]))
            if said["sub"] != claims["sub"]:
                raise InvalidTokenError("it is of another person than what Keycloak says of its bearer")  # noqa: TRY301 - one place says what it means
            session = Session(str(claims["sid"]), str(tokens["refresh_token"]), str(tokens["id_token"]), time())
            return session, known(said)
        except (InvalidTokenError, NoKeysError) as error:
            raise SilentError(f"the login server's token cannot be used: {error}") from error
        except KeyError as error:
            raise SilentError(f"the login server's answer lacks {error}") from error

    @property
    def _client(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    async def _ask(self, path: str, form: dict[str, str] | None = None, token: str | None = None) -> dict[str, Any]:
        method = "GET" if form is None else "POST"
        headers = {"Authorization": f"Bearer {token}"} if token else None
        timeout = aiohttp.ClientTimeout(total=PATIENCE, sock_connect=PATIENCE_TO_CONNECT)
        url = f"{self.back_channel}{path}"
        if monotonic() < self._away_until:
            raise SilentError(f"{url} is not asked, as nothing was there a moment ago")
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.request(method, url, data=form, headers=headers, allow_redirects=False) as answer,
            ):
                status, body = answer.status, await answer.content.read(LONGEST_ANSWER)
                while more := await answer.content.read(LONGEST_ANSWER):
                    body += more
                    if len(body) > LONGEST_ANSWER:
                        raise SilentError(f"{url} answers at too great a length")
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
                self._away_until = monotonic() + REST
            raise SilentError(f"{url}: {error or type(error).__name__}") from error
        return _understood(url, status, body)


def _understood(url: str, status: int, body: bytes) -> dict[str, Any]:
    """What an answer says. Only a plain no to the grant itself is about the person; anything else is the platform's trouble."""
    if status == NO_CONTENT:
        return {}
    try:
        said: object = json.loads(body)
    except ValueError:
        said = None
    answer = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    if status == BAD_REQUEST and answer.get("error") == "invalid_grant":
        raise EndedError(str(answer.get("error_description", "it is over")))
    if status != OK or not isinstance(said, dict):
        raise SilentError(f"{url} answers {status} {answer.get('error', '')}".rstrip())
    return answer
