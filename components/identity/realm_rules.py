"""How a realm and its clients are kept, whichever way they are made: the values that both ways write down. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from hub.login.claims import USERNAME
from settings.contract import GROUPS_CLAIM, REFRESH_AGE, ROLES_CLAIM, Contract

ACCESS_TOKEN_SECONDS: Final = REFRESH_AGE
"""The hub asks anew as often: a token that leaks is soon worth nothing."""
PROTOCOL: Final = "openid-connect"
SIGNATURE: Final = "RS256"
PASSWORD_POLICY: Final = "length(12) and maxLength(128) and notUsername(undefined) and notContainsUsername(undefined)"  # noqa: S105 - a rule
LOGIN_FAILURES: Final = 10
"""In a row; after as many, and after every further one, a wait that grows."""
WAIT_SECONDS: Final = 60
LONGEST_WAIT_SECONDS: Final = 15 * 60
FAILURES_FORGOTTEN_SECONDS: Final = 12 * 60 * 60
DEFAULT_SCOPES: Final = ("basic", "email", "profile")
"""Who somebody is, and nothing of what they may do elsewhere. No other scope can be asked for: none is optional, so
`offline_access` is refused."""
MARK: Final = "Kept by a stack file: what is changed here by hand is set right by the next update"
"""The description of each client of ours, by which it is told from one that somebody else has made."""
POLICY: Final = "no-passwords-through-clients"
POLICY_WORDS: Final = "No client of this realm may take a password from a person, or get tokens in an address"
REJECTED: Final = ("reject-ropc-grant", "reject-implicit-grant")
"""For every client, whoever made it: Keycloak itself makes a public one with the password grant in every realm."""


@dataclass(frozen=True)
class Field:
    """Something a realm of ours knows of a person."""

    name: str
    rules: dict[str, dict[str, str]]
    """What Keycloak checks, with the options of each check."""
    own: bool
    """Whether people change theirs by themselves."""


_NAME_RULES: Final = {"length": {"max": "255"}, "person-name-prohibited-characters": {}}
FIELDS: Final = (
    # Nobody makes an account that the hub would not let in.
    Field(
        "username", {"length": {"min": "1", "max": "63"}, "pattern": {"pattern": f"^{USERNAME.pattern}$"}}, own=False
    ),
    Field("email", {"length": {"max": "255"}, "email": {}}, own=False),
    Field("firstName", _NAME_RULES, own=True),
    Field("lastName", _NAME_RULES, own=True),
)
"""None is required, so that no page asks for it at the first login. Administrators alone write the address: the edge tells
people apart by it."""


@dataclass(frozen=True)
class Mapper:
    """One claim of a client's tokens."""

    name: str
    kind: str
    config: dict[str, str]


@dataclass(frozen=True)
class Client:
    """Confidential, the authorization code with PKCE only, and exact addresses."""

    client_id: str
    title: str
    redirect_uris: tuple[str, ...]
    post_logout_uris: tuple[str, ...]
    origins: tuple[str, ...]
    start: str
    """Where a login that begins in Keycloak's own pages leads; empty for nowhere."""
    mappers: tuple[Mapper, ...]


def hub_client(agreed: Contract) -> Client:
    return Client(
        client_id=agreed.client_id,
        title="JupyterHub",
        redirect_uris=agreed.redirect_uris,
        post_logout_uris=agreed.post_logout_uris,
        origins=agreed.origins,
        start=agreed.initiate_login_uri,
        mappers=(_groups(), _roles(agreed.client_id), _audience(agreed.client_id)),
    )


def edge_client(agreed: Contract) -> Client | None:
    """None where the edge does not log in here."""
    edge = agreed.edge
    if edge is None:
        return None
    return Client(
        client_id=edge.client_id,
        title="Cloudflare Access",
        redirect_uris=(edge.redirect_uri,),
        post_logout_uris=(),
        origins=(),
        start="",
        mappers=(_groups(), _audience(edge.client_id)),
    )


def clients(agreed: Contract) -> tuple[Client, ...]:
    edge = edge_client(agreed)
    return (hub_client(agreed), *((edge,) if edge else ()))


def roles_of(group: str, agreed: Contract) -> tuple[str, ...]:
    """What the members of a group are to the hub."""
    return tuple(role for role, bearers in sorted(agreed.roles.items()) if group in bearers)


def session_rules(agreed: Contract) -> dict[str, Any]:
    """In Keycloak's own words. Refresh tokens are not replaced at each use: this client proves with its secret who it is, and a
    hub that is stopped between Keycloak's answer and its own database would lose the login."""
    return {
        "accessTokenLifespan": ACCESS_TOKEN_SECONDS,
        "ssoSessionIdleTimeout": agreed.sessions.idle,
        "ssoSessionMaxLifespan": agreed.sessions.longest,
        "revokeRefreshToken": False,
    }


def _groups() -> Mapper:
    """With the whole path, so that nobody takes a subgroup for the group of that name."""
    return Mapper(
        "groups",
        "oidc-group-membership-mapper",
        {"full.path": "true", "claim.name": GROUPS_CLAIM, **_in_tokens()},
    )


def _roles(client_id: str) -> Mapper:
    return Mapper(
        "roles",
        "oidc-usermodel-client-role-mapper",
        {
            "usermodel.clientRoleMapping.clientId": client_id,
            "multivalued": "true",
            "jsonType.label": "String",
            "claim.name": ROLES_CLAIM,
            **_in_tokens(),
        },
    )


def _audience(client_id: str) -> Mapper:
    """Of the access token too, which otherwise names nobody as the one it is for."""
    config = {"included.client.audience": client_id, **_in_tokens(id_token=False, userinfo=False)}
    return Mapper("audience", "oidc-audience-mapper", config)


def _in_tokens(*, id_token: bool = True, userinfo: bool = True) -> dict[str, str]:
    return {
        "id.token.claim": str(id_token).lower(),
        "access.token.claim": "true",
        "userinfo.token.claim": str(userinfo).lower(),
        "introspection.token.claim": "true",
    }
