"""What Keycloak, the hub and the edge have to agree on, said once. Everything they are told derives from it. Pure."""

from dataclasses import dataclass

from settings.exposure import Access, Exposure, Ingress, PortForward, ThroughKeycloak, Tunnel
from settings.identity import KeycloakIdentity, KeycloakInCluster, MadeRealm, Membership, Sessions
from settings.root import Settings

HUB_CLIENT = "jupyterhub"
EDGE_CLIENT = "cloudflare-access"
USER_ROLE = "user"
ADMIN_ROLE = "admin"
"""Roles of the hub's client; the groups of `identity.groups` bear them."""
GROUPS_CLAIM = "groups"
ROLES_CLAIM = "roles"
REFRESH_AGE = 300
"""Seconds until the hub asks Keycloak again who somebody is."""
SERVER = "keycloak"
SERVER_PORT = 8080
"""Our own Keycloak, inside of the cluster."""


@dataclass(frozen=True)
class EdgeClient:
    """Another client of the realm: Cloudflare Access, which asks for a login before the hub does."""

    team: str

    @property
    def client_id(self) -> str:
        return EDGE_CLIENT

    @property
    def redirect_uri(self) -> str:
        return f"{team_domain(self.team)}/cdn-cgi/access/callback"


@dataclass(frozen=True)
class Contract:
    realm: str
    realm_is_ours: bool
    server: str
    """Keycloak as browsers know it."""
    back_channel: str
    """Keycloak as pods reach it."""
    origins: tuple[str, ...]
    """The hub as browsers know it; the first one is what people are told."""
    after_logout: str
    """A path of the hub's origin, where Keycloak sends people who have logged out."""
    membership: Membership
    groups: tuple[str, ...]
    """Every group the stack file names."""
    sessions: Sessions
    grace: int
    edge: EdgeClient | None

    @property
    def client_id(self) -> str:
        return HUB_CLIENT

    @property
    def issuer(self) -> str:
        return f"{self.server}/realms/{self.realm}"

    @property
    def back_channel_issuer(self) -> str:
        return f"{self.back_channel}/realms/{self.realm}"

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        return tuple(f"{origin}/hub/oauth_callback" for origin in self.origins)

    @property
    def post_logout_uris(self) -> tuple[str, ...]:
        return tuple(f"{origin}{self.after_logout}" for origin in self.origins)

    @property
    def initiate_login_uri(self) -> str:
        return f"{self.origins[0]}/hub/oauth_login"

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The groups that bear each role."""
        return {
            USER_ROLE: tuple(sorted(self.membership.users)),
            ADMIN_ROLE: tuple(sorted(self.membership.admins)),
        }


def contract(settings: Settings) -> Contract | None:
    """None where no Keycloak says who somebody is."""
    identity = settings.identity
    if not isinstance(identity, KeycloakIdentity):
        return None
    server, exposure = identity.server, settings.exposure
    ours = isinstance(server, KeycloakInCluster)
    access = access_in_front(settings)
    return Contract(
        realm=identity.realm.name,
        realm_is_ours=isinstance(identity.realm, MadeRealm),
        server=server.address if ours else server.url,
        back_channel=f"http://{SERVER}.{settings.namespace.name}:{SERVER_PORT}" if ours else server.url,
        origins=origins(exposure),
        after_logout="/cdn-cgi/access/logout" if access else "/hub/",
        membership=identity.groups,
        groups=tuple(sorted(identity.groups.users | identity.groups.admins | named_groups(settings))),
        sessions=identity.sessions,
        grace=identity.grace,
        edge=EdgeClient(access.team) if access and isinstance(access.login, ThroughKeycloak) else None,
    )


def access_in_front(settings: Settings) -> Access | None:
    """Cloudflare Access, where it stands between people and the hub."""
    return settings.exposure.access if isinstance(settings.exposure, Tunnel) else None


def origins(exposure: Exposure) -> tuple[str, ...]:
    """Scheme, name and port, as browsers write them."""
    match exposure:
        case PortForward():
            return tuple(f"http://{name}:{exposure.port}" for name in ("127.0.0.1", "localhost"))
        case Ingress():
            return (f"{'https' if exposure.tls else 'http'}://{exposure.host}",)
        case Tunnel():
            return (f"https://{exposure.host}",)


def team_domain(team: str) -> str:
    """Where people of a Cloudflare team log in; it also signs what Access says of them."""
    return f"https://{team}.cloudflareaccess.com"


def named_groups(settings: Settings) -> frozenset[str]:
    """The groups that things are for, wherever the stack file names them."""
    access = access_in_front(settings)
    people = settings.identity.server if isinstance(settings.identity, KeycloakIdentity) else None
    lists = [
        *(profile.groups for profile in settings.users.profiles),
        *(service.groups for service in settings.services),
        *(role.groups for role in settings.hub.roles),
        *(each for volume in settings.storage.shared for each in (volume.readers, volume.writers)),
        *(people.people.values() if isinstance(people, KeycloakInCluster) else ()),
        access.allow.groups if access else None,
    ]
    return frozenset(group for groups in lists for group in groups or ())
