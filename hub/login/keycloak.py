"""Login at Keycloak: who somebody is, what they may, and for how long that is believed."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from oauthenticator.oauth2 import OAuthenticator
from tornado.httputil import HTTPHeaders
from traitlets import Bool, Integer, List, Unicode, default

from hub.audit import Event, write
from hub.login import refusals
from hub.login.claims import Known, is_username
from hub.login.edge import Edge
from hub.login.handlers import Callback, Farewell, Login, Logout, Reporting
from hub.login.kept import Kept, Session, State
from hub.login.realm import PROTOCOL, EndedError, Realm, SilentError
from hub.login.sessions import User, end_browsers, end_everything

AuthModel = dict[str, Any]
SERVER = "The login server"


class KeycloakAuthenticator(OAuthenticator):
    """Roles of the hub's client say who may log in and who is an admin, groups what is for whom; both as they are now."""

    login_handler = Login
    callback_handler = Callback
    logout_handler = Logout

    issuer = Unicode(config=True, help="The realm as browsers and tokens name it.")
    back_channel = Unicode(config=True, help="The realm as the hub reaches it.")
    callback_urls = List(Unicode(), config=True, help="Where Keycloak sends people back to.")
    logged_out_urls = List(Unicode(), config=True, help="Where it sends people who have logged out, in the same order.")
    login_groups = List(Unicode(), config=True, help="Whose members may log in, for those who may not.")
    administrators = List(Unicode(), config=True, help="Whose members are admins, for those who may not log in.")
    grace = Integer(config=True, help="For how many seconds a silent Keycloak is forgiven.")
    edge_issuer = Unicode(config=True, help="Who signs what Cloudflare Access says; empty where it is not in front.")
    edge_audience = Unicode(config=True, help="The file that says what Cloudflare Access calls us.")
    edge_logs_in_here = Bool(config=True, help="Whether Cloudflare Access asks this very realm who somebody is.")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.realm = Realm(self.issuer, self.back_channel, self.client_id, self.client_secret)
        self.edge = Edge(self.edge_issuer, Path(self.edge_audience), self.log) if self.edge_issuer else None
        self.reconcile_auth_state_hook = _reconciled
        self._renewing: dict[str, asyncio.Task[AuthModel | None]] = {}

    @default("authorize_url")
    def _authorize_url_default(self) -> str:
        return f"{self.issuer}{PROTOCOL}/auth"

    def get_handlers(self, app: object) -> list[tuple[str, type[BaseHandler]]]:
        return [*super().get_handlers(app), (r"/api/users/([^/]+)/activity", Reporting)]

    def get_callback_url(self, handler: BaseHandler | None = None) -> str:
        return self._url_here(self.callback_urls, handler)

    def normalize_username(self, username: str) -> str:
        """Nothing is mapped: two names of the login server must never become one of the hub's."""
        return username

    def check_allowed(self, username: str, authentication: object = None) -> bool:
        """Whoever may not log in was told so before."""
        return True

    # --- login ---

    async def authenticate(self, handler: Callback, data: object = None) -> AuthModel:
        code, callback = handler.get_argument("code"), self.get_callback_url(handler)
        with self._explained():
            session, person = await self.realm.redeem(code, handler.verifier, callback)
        self._expect_member(person)
        user = handler.find_user(person.name)
        earlier = Kept.load(await user.get_auth_state()) if user else None
        await self._recognise(person, earlier, handler)
        if user and earlier:
            await self._make_room(user, earlier)
        return _model(person.name, Kept.of(person, session))

    async def welcome(self, headers: HTTPHeaders) -> None:
        """Whether it makes sense to send somebody to the login server."""
        if self.edge:
            await self.edge.admitted(headers)
        with self._explained():
            await self.realm.expect_answer()

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except EndedError as error:
            self.log.warning("A login is refused by the login server: %s", error)
            raise refusals.out_of_date() from error
        except SilentError as error:
            self.log.critical("Nobody can log in: %s", error)
            raise refusals.no_answer(SERVER) from error

    def _expect_member(self, person: Known) -> None:
        if not is_username(person.name):
            raise refusals.no_name(person.name)
        if not person.allowed:
            raise refusals.not_a_member(person.name, self.login_groups, self.administrators)

    async def _recognise(self, person: Known, earlier: Kept | None, handler: BaseHandler) -> None:
        """As whom the hub knows by that name, and whom the edge has let through."""
        if earlier and earlier.sub != person.sub:
            raise refusals.name_of_another(person.name)
        admitted = await self.edge.admitted(handler.request.headers) if self.edge else None
        if admitted and self.edge_logs_in_here and admitted.email != person.email:
            raise refusals.another_at_the_edge(person.name)

    async def _make_room(self, user: User, earlier: Kept) -> None:
        """A session that is not kept any more is one that no logout ends: it ends before it is forgotten."""
        for session in earlier.before_another():
            # The state is read anew each time: another request may have renewed a session meanwhile.
            if await self._ended(session) is None and (now := Kept.load(await user.get_auth_state())):
                await user.save_auth_state(now.without(session).dump())

    # --- afterwards ---

    async def refresh_user(self, user: User, handler: object = None) -> AuthModel | bool:
        """One question at a time for each person, whose answer is for all who wait for it.

        Where Keycloak rotates refresh tokens, a second question with the same token would end the session.
        """
        renewing = self._renewing.get(user.name)
        if renewing is None:
            renewing = self._renewing[user.name] = asyncio.create_task(self._renewed(user))
            renewing.add_done_callback(lambda _: self._renewing.pop(user.name))
        model = await asyncio.shield(renewing)
        return dict(model) if model else False

    async def _renewed(self, user: User) -> AuthModel | None:
        kept = Kept.load(await user.get_auth_state())
        if kept is None or not kept.sessions:
            return None
        for session in kept.sessions:
            try:
                renewed, person = await self.realm.renew(session)
            except EndedError as error:
                self.log.info("A session of %s is over: %s", user.name, error)
                kept = kept.without(session)
            except SilentError as error:
                return self._while_silent(user, kept, error)
            else:
                return await self._confirmed(user, kept, renewed, person)
        end_browsers(user)
        return await self._is_out(user, kept, "the login server has ended the session")

    async def _confirmed(self, user: User, kept: Kept, session: Session, person: Known) -> AuthModel | None:
        if not person.allowed or (person.name, person.sub) != (user.name, kept.sub):
            end_everything(user)
            return await self._is_out(user, kept, "may not log in any more, or is called something else now")
        now = Kept.of(person, session).with_all_of(kept)
        # At once: with rotation, the token of before is worth nothing now.
        await user.save_auth_state(now.dump())
        return _model(user.name, now)

    def _while_silent(self, user: User, kept: Kept, error: SilentError) -> AuthModel | None:
        forgiven = kept.is_forgiven(time.time(), self.grace)
        consequence = "what it said last still counts" if forgiven else "that lasts for too long now"
        self.log.warning("Keycloak does not say who %s is, %s: %s", user.name, consequence, error)
        return _model(user.name, kept) if forgiven else None

    async def _is_out(self, user: User, kept: Kept, reason: str) -> None:
        await user.save_auth_state(Kept(kept.sub).dump())
        write(Event(audit="logout", user=user.name, reason=reason))

    # --- logout ---

    async def log_out(self, user: User | None, handler: BaseHandler) -> Farewell:
        """Ends every login of a person, here and at Keycloak."""
        after, kept = self._url_here(self.logged_out_urls, handler), None
        if user is not None:
            kept = Kept.load(await user.get_auth_state())
            end_everything(user)
            await user.save_auth_state(Kept(kept.sub).dump() if kept else None)
        going_on = await asyncio.gather(*map(self._ended, kept.sessions)) if kept else []
        hint = next((session.id_token for session in going_on if session), None)
        return Farewell(self.realm.end_session_url(after, hint), is_complete=hint is None)

    async def _ended(self, session: Session) -> Session | None:
        """The session itself if Keycloak could not be told."""
        try:
            await self.realm.end(session)
        except EndedError:
            return None
        except SilentError as error:
            self.log.warning("A session of Keycloak goes on, as it could not be told to end: %s", error)
            return session
        return None

    def _url_here(self, urls: list[str], handler: BaseHandler | None) -> str:
        """That of the name by which the browser calls the hub."""
        origin = f"{handler.request.protocol}://{handler.request.host}/" if handler else ""
        found = [url for url in urls if url.startswith(origin)] or (urls if len(urls) == 1 else [])
        if not found:
            raise refusals.unknown_address(urls)
        return found[0]


def _model(name: str, kept: Kept) -> AuthModel:
    return {"name": name, "admin": kept.admin, "groups": list(kept.groups), "auth_state": kept.dump()}


def _reconciled(_: object, model: AuthModel, existing: State | None) -> State:
    """Two browsers log in one after the other, and both are to be logged out later."""
    now = Kept.load(model["auth_state"])
    return now.with_all_of(Kept.load(existing)).dump() if now else {}
