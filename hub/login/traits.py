"""The traits of a login, by its kind."""

from pathlib import Path

from hub.login.access import AccessAuthenticator
from hub.login.keycloak import KeycloakAuthenticator
from hub.login.passwords import PasswordAuthenticator
from hub.places import Places
from hub.secret_files import Secrets
from hub.settings import (
    ACCESS_AUDIENCE,
    LOGIN_PASSWORD,
    AccessEdge,
    AccessLogin,
    HubSettings,
    KeycloakLogin,
    PasswordLogin,
)
from hub.trait import PLATFORM, Trait

DAY = 86_400
REFRESH_AGE = 300

Values = dict[str, tuple[object, str]]
"""What each trait is set to, and the key of the stack file it comes from."""

AUTHENTICATORS = {
    "password": PasswordAuthenticator,
    "keycloak": KeycloakAuthenticator,
    "cloudflare_access": AccessAuthenticator,
}


def login_traits(settings: HubSettings, secrets: Secrets, places: Places) -> list[Trait]:
    login = settings.login
    authenticator = AUTHENTICATORS[login.kind]
    audience = places.settings.parent / ACCESS_AUDIENCE
    match login:
        case PasswordLogin():
            values, longest = _passwords(login, places.secrets / LOGIN_PASSWORD), None
        case KeycloakLogin():
            values, longest = _keycloak(login, secrets, audience), login.longest
        case AccessLogin():
            values, longest = _access(login, audience), login.longest
    name = f"{authenticator.__module__}.{authenticator.__name__}"
    return [
        Trait("JupyterHub", "authenticator_class", name, PLATFORM),
        *_lifetime(longest),
        *(Trait(authenticator.__name__, trait, value, key) for trait, (value, key) in {**_COMMON, **values}.items()),
    ]


_COMMON: Values = {
    # The authenticator alone says who is in which group, at login and before each start.
    "manage_groups": (True, PLATFORM),
    "refresh_pre_spawn": (True, PLATFORM),
    # Who may not log in any more cannot start a server with a token either, nor have an admin start it.
    "auth_refresh_strict": (True, PLATFORM),
    "auth_refresh_age": (REFRESH_AGE, PLATFORM),
    # Otherwise whoever is in the database stays allowed after leaving the list.
    "allow_existing_users": (False, PLATFORM),
    "allow_all": (False, PLATFORM),
}


def _lifetime(longest: int | None) -> list[Trait]:
    """Of cookies, and of the tokens that browsers get for servers."""
    values = {"cookie_max_age_days": longest / DAY, "oauth_token_expires_in": longest} if longest else {}
    return [Trait("JupyterHub", name, value, "identity.sessions.longest") for name, value in values.items()]


def _passwords(login: PasswordLogin, password: Path) -> Values:
    return {
        "password_file": (str(password), "identity.password"),
        "allowed_users": ({*login.users, *login.admins}, "identity.users"),
        "admins": (set(login.admins), "identity.admins"),
        "groups": (login.groups, "identity.groups"),
    }


def _keycloak(login: KeycloakLogin, secrets: Secrets, audience: Path) -> Values:
    return {
        **_ELSEWHERE,
        **_edge(login.edge, audience),
        "edge_logs_in_here": (login.edge_logs_in_here, "exposure.access.login"),
        "issuer": (login.issuer, "identity.server"),
        "back_channel": (login.back_channel, "identity.server"),
        "client_id": (login.client_id, PLATFORM),
        "client_secret": (secrets.client_secret or "", PLATFORM),
        # Without `openid`, Keycloak says nothing of who somebody is.
        "scope": (["openid"], PLATFORM),
        "enable_pkce": (True, PLATFORM),
        "callback_urls": (list(login.callback_urls), "exposure.host"),
        "logged_out_urls": (list(login.logged_out_urls), "exposure.host"),
        "login_groups": (list(login.user_groups), "identity.groups.users"),
        "administrators": (list(login.admin_groups), "identity.groups.admins"),
        "auth_refresh_age": (login.refresh_age, PLATFORM),
        "grace": (login.grace, "identity.grace"),
    }


def _access(login: AccessLogin, audience: Path) -> Values:
    return {
        **_ELSEWHERE,
        **_edge(login.edge, audience),
        "domain": (login.domain, "identity.domain"),
        "admins": (set(login.admins), "identity.admins"),
        "groups": (login.groups, "identity.groups"),
    }


_ELSEWHERE: Values = {
    # People prove elsewhere who they are, and are sent there without being asked.
    "auto_login": (True, PLATFORM),
    # What is kept of their login: encrypted, or the hub does not start.
    "enable_auth_state": (True, PLATFORM),
    # There is no list of people: not a reason to warn of a hub that nobody could enter.
    "any_allow_config": (True, PLATFORM),
}


def _edge(edge: AccessEdge | None, audience: Path) -> Values:
    where = {"edge_issuer": edge.issuer, "edge_audience": str(audience)} if edge else {}
    return {name: (value, "exposure.access") for name, value in where.items()}
