"""Speaks to the administrators' API of a Keycloak, on behalf of a client that proves itself by its secret."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

from lab.problem import Problem

_SECONDS: Final = 60.0
"""A Keycloak that has just started takes its time."""
_EARLY_SECONDS: Final = 10.0
"""A token is not used in the last seconds of its life."""
_NOT_FOUND: Final = 404
_FORBIDDEN: Final = (401, 403)
_LOOPBACK: Final = ("127.0.0.1", "localhost")


Json: TypeAlias = "bool | float | str | list[Json] | dict[str, Json] | None"


class RefusedError(Exception):
    """Keycloak has answered, and not with what was asked for."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class Keycloak:
    url: str
    realm: str
    """The realm that knows the client."""
    client: str
    secret: str = field(repr=False)
    key: str = "identity.server"
    """Of the stack file: what says where it is."""
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
        """None where there is nothing of that name."""
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        try:
            return self._administer("GET", path + asked)
        except RefusedError as refused:
            if refused.status == _NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
        return self._administer("POST", path, body)

    def put(self, path: str, body: object) -> None:
        self._administer("PUT", path, body)

    def delete(self, path: str, body: object = None) -> None:
        self._administer("DELETE", path, body)

    def allows(self, method: str, path: str) -> bool:
        """Whether the client may do that: asked with nothing to do, to which Keycloak answers whether it would."""
        try:
            self._administer(method, path, {})
        except RefusedError as refused:
            return refused.status not in _FORBIDDEN
        return True

    def log_in(self) -> None:
        """Once a token is needed; they live for a minute."""
        if time.monotonic() < self._until:
            return
        form = {"grant_type": "client_credentials", "client_id": self.client, "client_secret": self.secret}
        path = f"/realms/{quote(self.realm)}/protocol/openid-connect/token"
        data, headers = urllib.parse.urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            given = json.loads(self._send("POST", path, data, headers))
        except RefusedError as refused:
            raise Problem(self._no_token(refused)) from refused
        self._token = given["access_token"]
        self._until = time.monotonic() + given["expires_in"] - _EARLY_SECONDS

    def _no_token(self, refused: RefusedError) -> str:
        who = f"the client {self.client!r} of its realm {self.realm!r}"
        match refused.status:
            case 401 | 400:
                return f"{self.key}: the Keycloak at {self.url} does not accept {who} with the secret it was given: {refused}"
            case 404:
                return f"{self.key}: the Keycloak at {self.url} has no realm {self.realm!r}, to which its administrator belongs"
            case _:
                return f"{self.key}: the Keycloak at {self.url} gives {who} no token: it answers {refused.status}, {refused}"

    def _administer(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - whatever JSON can hold
        self.log_in()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        text = self._send(method, f"/admin/{path}", data, headers)
        return json.loads(text) if text else None

    def _send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> bytes:
        request = urllib.request.Request(self.url + path, data, dict(headers), method=method)  # noqa: S310 - of the stack file
        try:
            with self._opener().open(request, timeout=_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise RefusedError(error.code, _words(error)) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise Problem(f"{self.key}: the Keycloak at {self.url} does not answer: {reason}") from error

    def _opener(self) -> urllib.request.OpenerDirector:
        """Never a proxy for the outside to this machine; certificates are always verified."""
        local = urlsplit(self.url).hostname in _LOOPBACK
        return urllib.request.build_opener(urllib.request.ProxyHandler({} if local else None))


def _words(error: urllib.error.HTTPError) -> str:
    """What Keycloak says about it, in any of the three ways it has of saying it."""
    text = error.read().decode(errors="replace")
    try:
        said: dict[str, Any] = json.loads(text)
        return str(said.get("errorMessage") or said.get("error_description") or said["error"])
    except (ValueError, KeyError, AttributeError):
        return text.strip()[:200] or str(error.reason)
