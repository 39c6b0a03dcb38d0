"""From our settings to the traits of JupyterHub, its proxy and its helpers: one table, no decisions elsewhere."""

from pathlib import Path
from urllib.parse import quote

from hub.branding import branding_traits
from hub.login.traits import login_traits
from hub.places import Places
from hub.roles import service_traits
from hub.secret_files import Secrets
from hub.server_traits import server_traits
from hub.settings import HubSettings, SqliteDatabase
from hub.trait import PLATFORM, Trait

HUB_PORT = 8081

DECIDED_ELSEWHERE = {
    "admin_users": "identity.admins",
    **dict.fromkeys(("cpu_guarantee", "cpu_limit", "mem_guarantee", "mem_limit"), "users.profiles"),
    **dict.fromkeys(("ip", "port", "hub_ip", "hub_port", "bind_url", "base_url", "proxy_cmd", "api_tokens"), PLATFORM),
    **dict.fromkeys(("cookie_secret_file", "config_file", "service_tokens", "subdomain_hook"), PLATFORM),
    **dict.fromkeys(("any_allow_config", "delete_invalid_users", "username_map", "username_pattern"), PLATFORM),
    **dict.fromkeys(("allowed_groups", "admin_groups", "allowed_scopes"), "identity.groups"),
    **dict.fromkeys(
        ("authorize_url", "token_url", "userdata_url", "oauth_callback_url", "logout_redirect_url"), PLATFORM
    ),
    **dict.fromkeys(("extra_authorize_params", "username_claim", "auth_state_groups_key", "basic_auth"), PLATFORM),
    **dict.fromkeys(("validate_server_cert", "refresh_user_hook", "modify_auth_state_hook"), PLATFORM),
    **dict.fromkeys(("post_auth_hook", "reconcile_auth_state_hook", "manage_roles"), PLATFORM),
    **dict.fromkeys(("service_account", "extra_container_config", "supplemental_gids"), PLATFORM),
    **dict.fromkeys(("init_containers", "extra_containers", "modify_pod_hook", "pre_spawn_hook"), PLATFORM),
}
"""Traits the table does not set, and that would undo what it or a key of the stack file says."""


def traits(settings: HubSettings, secrets: Secrets, places: Places) -> list[Trait]:
    """Every trait the platform sets. The classes are the most derived ones, so that nothing given for a parent wins."""
    return [
        *_addresses(settings, secrets),
        *_state(settings, secrets, places.state),
        *_limits(settings),
        *login_traits(settings, secrets, places),
        *service_traits(settings, secrets, places.settings),
        *server_traits(settings),
        *branding_traits(settings),
    ]


def given_traits(settings: HubSettings) -> list[Trait]:
    """Traits the stack file gives as they are."""
    return [
        Trait(owner, name, value, f"hub.traits.{owner}.{name}")
        for owner, values in settings.traits.items()
        for name, value in values.items()
    ]


def database_url(settings: HubSettings, secrets: Secrets, state: Path) -> str:
    """The SQLAlchemy URL, with every part that may hold a special character escaped."""
    database = settings.database
    if isinstance(database, SqliteDatabase):
        return f"sqlite:///{state / 'jupyterhub.sqlite'}"
    user, name, password = (
        quote(part, safe="") for part in (database.user, database.name, secrets.database_password or "")
    )
    return f"postgresql+psycopg2://{user}:{password}@{database.host}:{database.port}/{name}"


def _addresses(settings: HubSettings, secrets: Secrets) -> list[Trait]:
    return [
        Trait("JupyterHub", "hub_bind_url", f"http://0.0.0.0:{HUB_PORT}", PLATFORM),
        Trait("JupyterHub", "hub_connect_url", settings.hub_url, PLATFORM),
        # Said once and for all: what a request claims of itself decides neither redirects nor whether cookies are secure.
        Trait("JupyterHub", "public_url", settings.public_url or "", "exposure.host"),
        *_subdomains(settings),
        Trait("ConfigurableHTTPProxy", "should_start", False, PLATFORM),
        Trait("ConfigurableHTTPProxy", "api_url", settings.proxy_api_url, PLATFORM),
        Trait("ConfigurableHTTPProxy", "auth_token", secrets.proxy_token, PLATFORM),
        Trait("JupyterHub", "cleanup_proxy", False, PLATFORM),
    ]


def _subdomains(settings: HubSettings) -> list[Trait]:
    key, host = "exposure.subdomains", (settings.public_url or "").rstrip("/")
    return [
        Trait("JupyterHub", "subdomain_host", host if settings.subdomains else "", key),
        # Otherwise browsers let any name below the hub's set cookies that the hub and its servers would take for theirs.
        Trait("JupyterHub", "cookie_host_prefix_enabled", settings.subdomains and _is_encrypted(settings), key),
    ]


def _state(settings: HubSettings, secrets: Secrets, state: Path) -> list[Trait]:
    key = "storage.database"
    table = [
        Trait("JupyterHub", "cookie_secret", secrets.cookie_secret, PLATFORM),
        Trait("CryptKeeper", "keys", list(secrets.crypt_keys), PLATFORM),
        Trait("JupyterHub", "db_url", database_url(settings, secrets, state), key),
        # A copy of the sqlite file is made first.
        Trait("JupyterHub", "upgrade_db", True, key),
    ]
    if not isinstance(settings.database, SqliteDatabase):
        # The hub asks its database from the event loop: a database that hangs must not hang the hub for good.
        connect = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "options": "-c statement_timeout=30000"}
        table.append(Trait("JupyterHub", "db_kwargs", {"connect_args": connect}, key))
    return table


def _limits(settings: HubSettings) -> list[Trait]:
    return [
        # The users' servers outlive the hub.
        Trait("JupyterHub", "cleanup_servers", False, PLATFORM),
        Trait("JupyterHub", "concurrent_spawn_limit", settings.concurrent_spawns, "hub.concurrent_spawns"),
        Trait("JupyterHub", "active_server_limit", settings.active_servers or 0, "hub.active_servers"),
        Trait("JupyterHub", "allow_named_servers", settings.servers.named_servers > 0, "users.named_servers"),
        Trait("JupyterHub", "named_server_limit_per_user", settings.servers.named_servers, "users.named_servers"),
        Trait("JupyterHub", "shutdown_on_logout", settings.servers.stop_on_logout, "users.stop_on_logout"),
        # Serve at once; the servers found running are checked in the background.
        Trait("JupyterHub", "init_spawners_timeout", 1, PLATFORM),
        Trait("JupyterHub", "activity_resolution", 60, PLATFORM),
        # Also how soon a proxy that came back empty is told its routes again.
        Trait("JupyterHub", "last_activity_interval", 10, PLATFORM),
        Trait("JupyterHub", "authenticate_prometheus", True, PLATFORM),
        Trait(
            "JupyterHub",
            "tornado_settings",
            # Long enough for a refused spawn to be answered with its reason instead of "pending".
            {"slow_spawn_timeout": 1, "cookie_options": _cookies(settings), "headers": _headers(settings)},
            PLATFORM,
        ),
    ]


def _cookies(settings: HubSettings) -> dict[str, object]:
    """Of the hub, and handed on to the servers. Left to itself, JupyterHub would let its token for forms go in the clear."""
    return {"samesite": "Lax", **({"secure": True} if _is_encrypted(settings) else {})}


def _headers(settings: HubSettings) -> dict[str, str]:
    """Who came by https once is never asked for a password in the clear: browsers keep to it for a year."""
    return {"Strict-Transport-Security": "max-age=31536000"} if _is_encrypted(settings) else {}


def _is_encrypted(settings: HubSettings) -> bool:
    return settings.public_url is not None and settings.public_url.startswith("https:")
