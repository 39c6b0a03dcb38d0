"""Who logged in, started and stopped servers, logged out, and was refused: a line of JSON each on the hub's standard output.

JupyterHub's own event log knows of servers that started and stopped, and neither who asked for it nor what was refused.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Protocol

from jupyterhub.app import JupyterHub
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LogoutHandler
from tornado.web import HTTPError

from hub.failures import FORBIDDEN, SERVER_ERROR

Kind = Literal[
    "login",
    "login_refused",
    "logout",
    "start",
    "start_refused",
    "start_failed",
    "stop",
    "stop_refused",
    "ended",
    "access_refused",
]
LONGEST = 300
"""Characters of any one value: whoever has not logged in may write here."""


@dataclass(frozen=True, kw_only=True)
class Event:
    audit: Kind
    user: str | None = None
    """Whom it is about."""
    by: str | None = None
    """Who did it: the user, an admin for them, or `service <name>`."""
    server: str | None = None
    """Empty for the one server that has no name."""
    address: str | None = None
    reason: str | None = None
    profile: str | None = None
    image: str | None = None


class Server(Protocol):
    """What is told of a spawner."""

    image: str
    user_options: dict[str, Any]


class Starting(Server, Protocol):
    _spawn_future: "asyncio.Future[object] | None"


class User(Protocol):
    name: str
    spawners: Mapping[str, Starting]


def line(event: Event, now: datetime) -> str:
    """Every key in every line, in the same order. JSON escapes whatever would begin a line of its own."""
    given = {key: value[:LONGEST] if isinstance(value, str) else None for key, value in asdict(event).items()}
    kind = given.pop("audit")
    return json.dumps({"audit": kind, "time": now.isoformat(timespec="milliseconds"), **given})


def write(event: Event) -> None:
    _log().info(line(event, datetime.now(UTC)))


@cache
def _log() -> logging.Logger:
    log = logging.getLogger("audit")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers, log.propagate, log.level = [handler], False, logging.INFO
    return log


def reason_of(error: BaseException) -> str:
    """The words its user was given."""
    message = getattr(error, "jupyterhub_message", None)
    if isinstance(error, HTTPError):
        message = message or (error.log_message and error.log_message % error.args) or error.reason
    return str(message or error) or type(error).__name__


def is_refusal(error: BaseException) -> bool:
    """Whether the platform said no; it is broken otherwise."""
    pending = isinstance(error, RuntimeError | KeyError)
    return pending or (isinstance(error, HTTPError) and error.status_code < SERVER_ERROR)


class Audited(BaseHandler):
    """What any of the hub's pages and calls may do that is worth a line."""

    _login_noted = False
    _token_authenticated = False
    """JupyterHub asks for it also where it has not set it: when a login that came by a cookie is over."""

    async def login_user(self, data: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JupyterHub's user
        self._login_noted = True
        try:
            user = await super().login_user(data)
        except Exception as error:
            name = _given_name(data) or getattr(error, "name", None)
            self._note("login_refused", user=name, reason=reason_of(error))
            raise
        if user is None:
            reason = "a wrong name or password, or somebody who is not let in"
            self._note("login_refused", user=_given_name(data), reason=reason)
        else:
            self._note("login", user=user.name, by=user.name)
        return user

    async def spawn_single_user(
        self, user: User, server_name: str = "", display_name: str = "", options: object = None
    ) -> None:
        about: dict[str, str | None] = {"user": user.name, "server": server_name}
        try:
            await super().spawn_single_user(user, server_name, display_name, options)
        except Exception as error:
            self._note_start(error, about)
            raise
        server = user.spawners[server_name]
        about |= {"profile": _profile_of(server), "image": server.image}
        going_on = server._spawn_future  # pyright: ignore[reportPrivateUsage] - JupyterHub has no other name for it
        if going_on is None or going_on.done():
            self._note_start(None, about)
        else:
            # Nobody waits for it any longer.
            going_on.add_done_callback(lambda done: self._note_start(_error_of(done), about))

    async def stop_single_user(self, user: User, server_name: str = "") -> object:
        try:
            stopping = await super().stop_single_user(user, server_name)
        except Exception as error:
            self._note("stop_refused", user=user.name, server=server_name, reason=reason_of(error))
            raise
        self._note("stop", user=user.name, server=server_name)
        return stopping

    def on_finish(self) -> None:
        if self.get_status() == FORBIDDEN and not self._login_noted:
            self._note("access_refused", reason=f"{self.request.method} {self.request.path}")
        super().on_finish()

    def _note_start(self, error: BaseException | None, about: Mapping[str, str | None]) -> None:
        if error is None:
            self._note("start", **about)
        else:
            self._note("start_refused" if is_refusal(error) else "start_failed", **about, reason=reason_of(error))

    def _note(self, audit: Kind, **about: str | None) -> None:
        write(Event(audit=audit, **({"by": self._acting, "address": self.request.remote_ip} | about)))

    @property
    def _acting(self) -> str | None:
        somebody = getattr(self, "_jupyterhub_user", None)
        if somebody is None:
            return None
        return f"service {somebody.name}" if somebody.kind == "service" else somebody.name


class AuditedLogout(Audited, LogoutHandler):
    def _backend_logout_cleanup(self, name: str) -> None:
        self._note("logout", user=name)
        super()._backend_logout_cleanup(name)


def ended(server: Server, user: str, name: str, code: int) -> None:
    """A server is gone, and nobody has stopped it."""
    reason = f"exit code {code}"
    about = {"user": user, "server": name, "profile": _profile_of(server), "image": server.image}
    write(Event(audit="ended", reason=reason, **about))


class AuditedHub(JupyterHub):
    """JupyterHub, whose handlers note what they do."""

    def init_handlers(self) -> None:
        super().init_handlers()
        self.handlers = [(pattern, audited(handler), *rest) for pattern, handler, *rest in self.handlers]


@cache
def audited(handler: type[object]) -> type[object]:
    """The same handler under the same name, by which metrics know it."""
    if not issubclass(handler, BaseHandler):
        return handler
    noting = AuditedLogout if issubclass(handler, LogoutHandler) else Audited
    return type(handler.__name__, (noting, handler), {"__module__": handler.__module__})


def _profile_of(server: Server) -> str | None:
    return (server.user_options or {}).get("profile")


def _given_name(data: Mapping[str, str] | None) -> str | None:
    return (data or {}).get("username")


def _error_of(ended: "asyncio.Future[object]") -> BaseException | None:
    return asyncio.CancelledError() if ended.cancelled() else ended.exception()
