"""From the stack file to what the hub reads in its pod. Pure."""

from collections.abc import Mapping

from components.branding import branding
from components.naming import DATABASE, DATABASE_PORT, HUB, HUB_PORT, PROXY_API_PORT, PROXY_API_SERVICE
from components.server_config import user_servers
from hub.settings import (
    Culler,
    HubRole,
    HubService,
    HubSettings,
    PasswordLogin,
    PostgresDatabase,
    SqliteDatabase,
)
from settings import Settings
from settings.exposure import Exposure, Ingress
from settings.identity import Identity
from settings.roles import HubRole as RoleSection
from settings.storage import Postgres, PostgresExternal, Sqlite
from settings.users import CullerSection

OUR_POSTGRES_NAME = "jupyterhub"


def hub_settings(settings: Settings, images: Mapping[str, str]) -> HubSettings:
    platform = settings.namespace.name
    return HubSettings(
        hub_url=f"http://{HUB}.{platform}:{HUB_PORT}",
        public_url=public_url(settings.exposure),
        proxy_api_url=f"http://{PROXY_API_SERVICE}.{platform}:{PROXY_API_PORT}",
        database=_database(settings.storage.database, platform),
        login=_login(settings.identity),
        servers=user_servers(settings, images),
        culler=_culler(settings.culler),
        services=tuple(HubService(name=each.name, scopes=each.scopes) for each in settings.hub.services),
        roles=tuple(_role(role) for role in settings.hub.roles),
        monitored=settings.monitoring is not None,
        concurrent_spawns=settings.hub.concurrent_spawns,
        active_servers=settings.hub.active_servers,
        branding=branding(settings.branding),
        traits=settings.hub.traits,
    )


def public_url(exposure: Exposure) -> str | None:
    """What people type; None where that is a port of this machine, under whatever name they call it."""
    if not isinstance(exposure, Ingress):
        return None
    return f"{'https' if exposure.tls else 'http'}://{exposure.host}/"


def _login(identity: Identity) -> PasswordLogin:
    return PasswordLogin(
        admins=tuple(sorted(identity.admins)),
        users=tuple(sorted(identity.users)),
        groups={group: tuple(sorted(members)) for group, members in sorted(identity.groups.items())},
    )


def _role(role: RoleSection) -> HubRole:
    return HubRole(
        name=role.name,
        scopes=role.scopes,
        users=tuple(sorted(role.users)),
        groups=tuple(sorted(role.groups)),
        services=tuple(sorted(role.services)),
    )


def _database(database: Sqlite | Postgres, platform: str) -> SqliteDatabase | PostgresDatabase:
    match database:
        case Sqlite():
            return SqliteDatabase()
        case Postgres(server=PostgresExternal() as server):
            return PostgresDatabase(host=server.host, port=server.port, name=server.database, user=server.user)
        case Postgres():
            return PostgresDatabase(
                host=f"{DATABASE}.{platform}", port=DATABASE_PORT, name=OUR_POSTGRES_NAME, user=OUR_POSTGRES_NAME
            )


def _culler(culler: CullerSection | None) -> Culler | None:
    return None if culler is None else Culler(idle=culler.idle, every=culler.every, max_age=culler.max_age)
