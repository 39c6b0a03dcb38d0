"""What the program tells the hub: written as JSON into a ConfigMap, read by the same class in the pod.

Nothing secret is in here, only the names of the files that hold secrets.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

SETTINGS_FILE = Path("/etc/jupyterhub/settings.json")
STATE_DIRECTORY = Path("/var/lib/jupyterhub")
SECRETS_DIRECTORY = Path("/run/secrets/jupyterhub")
COOKIE_SECRET = "cookie-secret"  # noqa: S105 - a file name
CRYPT_KEY = "crypt-key"
PROXY_TOKEN = "proxy-token"  # noqa: S105 - a file name
LOGIN_PASSWORD = "login-password"  # noqa: S105 - a file name
DATABASE_PASSWORD = "database-password"  # noqa: S105 - a file name
METRICS_TOKEN = "metrics-token"  # noqa: S105 - a file name
"""File names below SECRETS_DIRECTORY."""


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class Home(Model):
    size: str
    storage_class: str | None


class Profile(Model):
    name: str
    title: str
    cpu_guarantee: float
    cpu_limit: float
    memory_guarantee: int
    """Bytes."""
    memory_limit: int


class UserServers(Model):
    namespace: str
    image: str
    profiles: tuple[Profile, ...]
    """The first one is the default."""
    home: Home
    default_url: str
    start_timeout: int
    environment: dict[str, str]


class Culler(Model):
    idle: int
    every: int
    max_age: int | None


class HubSettings(Model):
    hub_url: str
    """Where the proxy and the user pods reach the hub."""
    public_url: str | None = None
    """Where people reach the hub; taken from each request when absent."""
    proxy_api_url: str
    database: Annotated[SqliteDatabase | PostgresDatabase, Field(discriminator="kind")]
    login: PasswordLogin
    servers: UserServers
    culler: Culler | None
    monitored: bool
    """Whether somebody reads the metrics."""
    concurrent_spawns: int
    active_servers: int | None
    traits: dict[str, dict[str, JsonValue]]
    """Traits given as they are, by class and name."""
