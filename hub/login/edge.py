"""Cloudflare Access in front of the hub: who it has let through, by the token it signs into each request.

No other header is looked at: whoever reaches the hub by another way can write what they like into those.
"""

from dataclasses import dataclass
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import Any

from tornado.httputil import HTTPHeaders

from hub.login.refusals import no_answer, not_through_the_edge
from hub.login.tokens import Claims, InvalidTokenError, Keys, NoKeysError, Rules, verified
from hub.secret_files import SecretError, read_secret

ASSERTION = "Cf-Access-Jwt-Assertion"
KEYS = "/cdn-cgi/access/certs"
LOGOUT = "/cdn-cgi/access/logout"
"""A path of every host that Access protects: it ends the login at the edge."""
ALGORITHM = "RS256"


@dataclass(frozen=True)
class Admitted:
    """A person whom Access let through."""

    email: str
    until: float
    """When Access asks them again."""


@dataclass
class Edge:
    issuer: str
    audience: Path
    """The file that says by which name Access calls us. It is read each time: a new application has another one."""
    log: "Logger | LoggerAdapter[Any]"

    def __post_init__(self) -> None:
        self._keys = Keys(self.issuer + KEYS)

    async def admitted(self, headers: HTTPHeaders) -> Admitted:
        """Whom a request comes from; a refusal where it comes from nobody in particular."""
        try:
            return await self._admitted(headers)
        except InvalidTokenError as error:
            self.log.warning("%s is refused: %s", ASSERTION, error)
            raise not_through_the_edge() from error
        except (NoKeysError, SecretError) as error:
            self.log.critical("Nobody can log in: %s", error)
            raise no_answer("Cloudflare Access") from error

    async def _admitted(self, headers: HTTPHeaders) -> Admitted:
        tokens = headers.get_list(ASSERTION)
        if len(tokens) != 1:
            raise InvalidTokenError(f"there are {len(tokens)} of them")
        rules = Rules(self.issuer, read_secret(self.audience), (ALGORITHM,), {"type": "app"})
        claims = await verified(tokens[0], self._keys, rules)
        return Admitted(_email(claims), float(claims["exp"]))


def _email(claims: Claims) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or not email or claims.get("common_name"):
        raise InvalidTokenError("it is that of a program, not of a person")
    return email.lower()
