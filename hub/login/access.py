"""Login by Cloudflare Access alone: whom the edge has let through is who they are."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from tornado.web import HTTPError
from traitlets import Dict, Set, Unicode

from hub.login import refusals
from hub.login.claims import is_username
from hub.login.edge import ASSERTION, LOGOUT, Admitted, Edge
from hub.login.handlers import OwnLogout
from hub.login.sessions import User, end_everything

AuthModel = dict[str, Any]


class Logout(OwnLogout):
    async def handle_logout(self) -> None:
        if self.current_user:
            end_everything(self.current_user)
            await self.current_user.save_auth_state(None)

    async def render_logout_page(self) -> None:
        self.redirect(LOGOUT)


class AccessAuthenticator(Authenticator):
    edge_issuer = Unicode(config=True, help="Who signs what Cloudflare Access says.")
    edge_audience = Unicode(config=True, help="The file that says what Cloudflare Access calls us.")
    domain = Unicode(config=True, help="What every address ends in.")
    admins = Set(Unicode(), config=True, help="Who is an admin; who is not named here is none.")
    groups = Dict(config=True, help="The members of each group.")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.edge = Edge(self.edge_issuer, Path(self.edge_audience), self.log)

    def get_handlers(self, app: object) -> list[tuple[str, type[BaseHandler]]]:
        return [("/logout", Logout)]

    def normalize_username(self, username: str) -> str:
        """Nothing is mapped: two addresses must never become one name."""
        return username

    def check_allowed(self, username: str, authentication: Mapping[str, Any] | None = None) -> bool:
        """Whom Access lets in is said in its policies."""
        return True

    async def authenticate(self, handler: BaseHandler | None, data: object = None) -> AuthModel | None:
        return self._model(await self.edge.admitted(handler.request.headers)) if handler else None

    async def refresh_user(self, user: User, handler: BaseHandler | None = None) -> AuthModel | bool:
        """A login lasts as long as Access says: each request of a browser tells anew, those of servers do not.

        Groups and admins are those of the stack file now.
        """
        kept: dict[str, Any] = await user.get_auth_state() or {}
        until = float(kept.get("until", 0.0))
        admitted = await self._shown(handler)
        if admitted is not None:
            if self._name(admitted.email) != user.name:
                return False
            until = max(until, admitted.until)
        if until <= time.time():
            return False
        return self._model(Admitted(f"{user.name}@{self.domain}", until))

    async def _shown(self, handler: BaseHandler | None) -> Admitted | None:
        """Whom this request comes from, where it says so."""
        if handler is None or ASSERTION not in handler.request.headers:
            return None
        try:
            return await self.edge.admitted(handler.request.headers)
        except HTTPError:
            return None

    def _name(self, email: str) -> str:
        name, _, domain = email.rpartition("@")
        if domain != self.domain or not is_username(name):
            raise refusals.no_name_in_address(email, self.domain)
        return name

    def _model(self, admitted: Admitted) -> AuthModel:
        name = self._name(admitted.email)
        groups = sorted(group for group, members in self.groups.items() if name in members)
        return {"name": name, "admin": name in self.admins, "groups": groups, "auth_state": {"until": admitted.until}}
