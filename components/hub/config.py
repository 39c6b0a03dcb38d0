"""From the stack file to what the hub reads in its pod. Pure."""

from collections.abc import Collection, Mapping

from components.hub.branding import branding
from components.hub.server_config import user_servers
from components.naming import DATABASE, DATABASE_PORT, HUB, HUB_PORT, PROXY_API_PORT, PROXY_API_SERVICE
from hub.settings import (
    AccessEdge,
    AccessLogin,
    Culler,
    HubRole,
    HubService,
    HubSettings,
    KeycloakLogin,
    PasswordLogin,
    PostgresDatabase,
    SqliteDatabase,
)
from settings import Settings
from settings.contract import REFRESH_AGE, Contract, access_in_front, contract, origins, team_domain
from settings.exposure import Exposure, PortForward
from settings.identity import AccessIdentity, PasswordIdentity
from settings.roles import HubRole as RoleSection
from settings.storage import Postgres, PostgresExternal, Sqlite
from settings.users import CullerSection

OUR_POSTGRES_NAME = "jupyterhub"


def hub_settings(settings: Settings, images: Mapping[str, str]) -> HubSettings:
    platform = settings.namespace.name
    return HubSettings(
        hub_url=f"http://{HUB}.{platform}:{HUB_PORT}",
        public_url=public_url(settings.exposure),
        subdomains=not isinstance(settings.exposure, PortForward) and settings.exposure.subdomains is not None,
        proxy_api_url=f"http://{PROXY_API_SERVICE}.{platform}:{PROXY_API_PORT}",
        database=_database(settings.storage.database, platform),
        login=_login(settings),
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
    return None if isinstance(exposure, PortForward) else f"{origins(exposure)[0]}/"


def _login(settings: Settings) -> PasswordLogin | KeycloakLogin | AccessLogin:
    identity, access = settings.identity, access_in_front(settings)
    agreed, edge = contract(settings), AccessEdge(issuer=team_domain(access.team)) if access else None
    match identity:
        case PasswordIdentity():
            return PasswordLogin(
                admins=tuple(sorted(identity.admins)),
                users=tuple(sorted(identity.users)),
                groups=_members(identity.groups),
            )
        case AccessIdentity() if access and edge:
            return AccessLogin(
                edge=edge,
                domain=identity.domain,
                admins=tuple(sorted(identity.admins)),
                groups=_members(identity.groups),
                longest=access.session,
            )
        case _ if agreed:
            return _keycloak(agreed, edge)
        case _:
            raise AssertionError("the rules let no such stack through")


def _keycloak(agreed: Contract, edge: AccessEdge | None) -> KeycloakLogin:
    return KeycloakLogin(
        issuer=agreed.issuer,
        back_channel=agreed.back_channel_issuer,
        client_id=agreed.client_id,
        callback_urls=agreed.redirect_uris,
        logged_out_urls=agreed.post_logout_uris,
        user_groups=tuple(sorted(agreed.membership.users)),
        admin_groups=tuple(sorted(agreed.membership.admins)),
        refresh_age=REFRESH_AGE,
        grace=agreed.grace,
        longest=agreed.sessions.longest,
        edge=edge,
        edge_logs_in_here=agreed.edge is not None,
    )


def _members(groups: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    return {group: tuple(sorted(members)) for group, members in sorted(groups.items())}


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
