"""Named users who share one password, for a single machine that nobody outside can reach."""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError, RequestHandler
from traitlets import Dict, Set, Unicode

from hub.secret_files import SecretError, read_secret

LONGEST_WAIT = 30.0
FREE_FAILURES = 2


def waiting_time(failures: int) -> float:
    """Seconds a user name has to rest after so many wrong passwords in a row."""
    return 0.0 if failures <= FREE_FAILURES else min(2.0 ** (failures - FREE_FAILURES - 1), LONGEST_WAIT)


@dataclass
class Attempts:
    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> None:
        self.failures += 1
        self.until = now + waiting_time(self.failures)


AuthModel = dict[str, Any]
"""What JupyterHub writes down about a person."""


class Named(Protocol):
    @property
    def name(self) -> str: ...


class PasswordAuthenticator(Authenticator):
    """Lets declared users in. The password is read at each login, so that a changed Secret works at once."""

    password_file = Unicode(config=True, help="The file that holds the password.")
    admins = Set(
        Unicode(), config=True, help="Who is an admin; who is not named here is none, whatever the database says."
    )

    groups = Dict(config=True, help="The members of each group; who is in none of them belongs to no group.")

    attempts: dict[str, Attempts]

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.attempts = {}

    async def authenticate(self, handler: RequestHandler | None, data: Mapping[str, str]) -> AuthModel | None:
        name, password = data.get("username", ""), data.get("password", "")
        declared = name in self.allowed_users
        # Only declared names are remembered, so that strangers cannot fill the memory.
        attempts = self.attempts.setdefault(name, Attempts()) if declared else Attempts()
        now = time.monotonic()
        if now < attempts.until:
            raise HTTPError(429, f"Too many wrong passwords for this name. Try again in {attempts.until - now:.0f} s.")
        right = self._is_password(password)
        if declared and right:
            attempts.failures = 0
            return self._known_of(name)
        attempts.failed(now)
        return None

    def _is_password(self, given: str) -> bool:
        try:
            password = read_secret(Path(self.password_file))
        except SecretError as error:
            self.log.critical("Nobody can log in: %s", error)
            raise HTTPError(
                503, "Nobody can log in now: the platform's password is missing. Tell an administrator."
            ) from error
        return hmac.compare_digest(given.encode(), password.encode())

    def is_admin(self, handler: RequestHandler | None, authentication: Mapping[str, Any]) -> bool:
        return authentication["name"] in self.admins

    async def refresh_user(self, user: Named, handler: RequestHandler | None = None) -> AuthModel | bool:
        """Before each start and every few minutes: groups are those of the stack file now, not those of the login.

        Who has left the list is sent to the login page, which refuses them.
        """
        return self._known_of(user.name) if user.name in self.allowed_users else False

    def _known_of(self, name: str) -> AuthModel:
        groups = sorted(group for group, members in self.groups.items() if name in members)
        return {"name": name, "admin": name in self.admins, "groups": groups}
