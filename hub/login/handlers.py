"""The pages by which people log in at Keycloak and out again."""

from dataclasses import dataclass

from jupyterhub.apihandlers.users import ActivityAPIHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LogoutHandler
from jupyterhub.utils import url_path_join
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler, OAuthLogoutHandler
from oauthenticator.oauth2 import _deserialize_state as state_in  # pyright: ignore[reportPrivateUsage] - it has no other name
from tornado.web import HTTPError

from hub.login import refusals


@dataclass(frozen=True)
class Farewell:
    url: str
    """Where a browser forgets its login at Keycloak."""
    is_complete: bool
    """Whether Keycloak knows already."""


class Login(OAuthLoginHandler):
    """Also where Keycloak sends people whose login begins there."""

    async def prepare(self) -> None:
        await super().prepare()
        await self.authenticator.welcome(self.request.headers)

    def authorize_redirect(self, *, extra_params: dict[str, str], **kwargs: object) -> None:
        super().authorize_redirect(extra_params={**extra_params, "nonce": extra_params["code_challenge"]}, **kwargs)


class Callback(OAuthCallbackHandler):
    async def get(self) -> None:
        try:
            self.check_arguments()
        except HTTPError as error:
            self.log.warning("A login came to nothing: %r", error)
            if self.current_user:
                # Of two windows, the other one was faster.
                return self.redirect(url_path_join(self.hub.base_url, "home"))
            raise refusals.out_of_date() from error
        await super().get()
        return None

    @property
    def verifier(self) -> str:
        """What only the browser that began this login has."""
        return str(state_in(self.get_state_cookie()).get("code_verifier", ""))


class Patient(BaseHandler):
    async def refresh_auth(self, user: object, force: bool = False) -> object:
        """Nobody asks Keycloak here."""
        return user


class OwnLogout(Patient, LogoutHandler):
    """Whoever wants out is let out, whatever is known of them by now."""

    async def get(self) -> None:
        if self.request.headers.get("Sec-Fetch-Site") == "cross-site":
            # A page of somebody else must not take away the tokens of its visitors.
            return self.redirect(url_path_join(self.hub.base_url, "home"))
        await super().get()
        return None


class Logout(OwnLogout, OAuthLogoutHandler):
    async def handle_logout(self) -> None:
        await super().handle_logout()
        self.farewell: Farewell = await self.authenticator.log_out(self.current_user, self)

    async def render_logout_page(self) -> None:
        if self.farewell.is_complete:
            self.redirect(self.farewell.url)
        else:
            page = await self.render_template("half_logged_out.html", url=self.farewell.url)
            self.write(page)  # pyright: ignore[reportUnknownMemberType] - tornado leaves one of its types open


class Reporting(Patient, ActivityAPIHandler):
    """Servers report here whether they are used. Only people keep their logins alive, not servers they have left."""
