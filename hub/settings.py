"""What the program tells the hub: written as JSON into a ConfigMap, read by the same class in the pod.

Nothing secret is in here, only the names of the files that hold secrets.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from hub.model import Model
from hub.profile_settings import Discovery, Image, Profile
from hub.service_settings import DeclaredService, ServiceDiscovery
from hub.volume_settings import Home, Volume

SETTINGS_FILE = Path("/etc/jupyterhub/settings.json")
STATE_DIRECTORY = Path("/var/lib/jupyterhub")
BRANDING_DIRECTORY = SETTINGS_FILE.parent
SECRETS_DIRECTORY = Path("/run/secrets/jupyterhub")
COOKIE_SECRET = "cookie-secret"  # noqa: S105 - a file name
CRYPT_KEY = "crypt-key"
EARLIER_CRYPT_KEY = "earlier-crypt-key"
PROXY_TOKEN = "proxy-token"  # noqa: S105 - a file name
LOGIN_PASSWORD = "login-password"  # noqa: S105 - a file name
DATABASE_PASSWORD = "database-password"  # noqa: S105 - a file name
METRICS_TOKEN = "metrics-token"  # noqa: S105 - a file name
CLIENT_SECRET = "client-secret"  # noqa: S105 - a file name
"""File names below SECRETS_DIRECTORY."""


ACCESS_AUDIENCE = "access-audience"
"""A file beside SETTINGS_FILE: whom the tokens of Cloudflare Access are for, known once its application is made."""


def service_token(name: str) -> str:
    """The file that holds what a service shows to the hub."""
    return f"service-{name}-token"


class SqliteDatabase(Model):
    kind: Literal["sqlite"] = "sqlite"


class PostgresDatabase(Model):
    kind: Literal["postgres"] = "postgres"
    host: str
    port: int
    name: str
    user: str


class PasswordLogin(Model):
    kind: Literal["password"] = "password"
    admins: tuple[str, ...]
    users: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    """The members of each group."""


class AccessEdge(Model):
    """Cloudflare Access in front: every request carries a token that it has signed."""

    issuer: str
    """Its keys are at /cdn-cgi/access/certs there."""


class KeycloakLogin(Model):
    kind: Literal["keycloak"] = "keycloak"
    issuer: str
    """The realm as browsers and tokens name it."""
    back_channel: str
    """The realm as the hub reaches it."""
    client_id: str
    callback_urls: tuple[str, ...]
    """Where Keycloak sends people back to: one for each name that people may call the hub by."""
    logged_out_urls: tuple[str, ...]
    """Where Keycloak sends people who have logged out, for the same names in the same order."""
    user_groups: tuple[str, ...]
    admin_groups: tuple[str, ...]
    """For words only: the roles in the token decide."""
    refresh_age: int
    """Seconds until Keycloak is asked again."""
    grace: int
    """Seconds for which a Keycloak that does not answer is forgiven."""
    longest: int
    """Seconds after which every login ends."""
    edge: AccessEdge | None = None
    edge_logs_in_here: bool = False
    """Whether the edge asks this very Keycloak, so that both must name the same person."""


class AccessLogin(Model):
    kind: Literal["cloudflare_access"] = "cloudflare_access"
    edge: AccessEdge
    domain: str
    """What every address ends in."""
    admins: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    """The members of each group."""
    longest: int
    """Seconds after which every login ends."""


Login = Annotated[PasswordLogin | KeycloakLogin | AccessLogin, Field(discriminator="kind")]


class ServerNodes(Model):
    scheduler: str | None = None
    """The cluster's own when absent."""
    priority_class: str | None = None
    node_selector: dict[str, str] = {}
    tolerations: tuple[dict[str, str], ...] = ()
    """As the API takes them."""


class UserServers(Model):
    namespace: str
    images: tuple[Image, ...]
    profiles: tuple[Profile, ...]
    """The first one that is for a person is theirs unless they choose another."""
    discovery: Discovery | None = None
    home: Home
    nodes: ServerNodes = ServerNodes()
    volumes: tuple[Volume, ...] = ()
    """What may be mounted beside the home."""
    workspace_image: str | None = None
    """Makes directories and clones repositories before a server starts; None where no volume asks for that."""
    default_url: str
    start_timeout: int
    http_timeout: int
    named_servers: int = 0
    """How many of them a person may have beside the first one."""
    stop_on_logout: bool = False
    environment: dict[str, str]
    services: tuple[DeclaredService, ...] = ()
    service_discovery: ServiceDiscovery | None = None


class Culler(Model):
    idle: int
    every: int
    max_age: int | None


class Colours(Model):
    main: str
    dark: str
    light: str


class Branding(Model):
    title: str | None
    logo: str | None
    """A file in BRANDING_DIRECTORY, as the page templates there are."""
    announcement: str | None
    colours: Colours | None
    files: str
    """A fingerprint of the files: the hub starts anew when one changes."""


class HubService(Model):
    """Something outside that speaks to the hub; its token is a file."""

    name: str
    scopes: tuple[str, ...]


class HubRole(Model):
    name: str
    scopes: tuple[str, ...]
    users: tuple[str, ...]
    groups: tuple[str, ...]
    services: tuple[str, ...]


class HubSettings(Model):
    hub_url: str
    """Where the proxy and the user pods reach the hub."""
    public_url: str | None = None
    """Where people reach the hub; taken from each request when absent."""
    subdomains: bool = False
    """Whether each server has a host name of its own below the hub's."""
    proxy_api_url: str
    database: Annotated[SqliteDatabase | PostgresDatabase, Field(discriminator="kind")]
    login: Login
    servers: UserServers
    culler: Culler | None
    services: tuple[HubService, ...] = ()
    roles: tuple[HubRole, ...] = ()
    monitored: bool
    """Whether somebody reads the metrics."""
    concurrent_spawns: int
    active_servers: int | None
    branding: Branding | None = None
    traits: dict[str, dict[str, JsonValue]]
    """Traits given as they are, by class and name."""
