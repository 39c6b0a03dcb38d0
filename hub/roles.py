"""Services and roles of the hub: what else may speak to it, and what each may do."""

import sys
from pathlib import Path

from hub.secret_files import Secrets
from hub.settings import HubSettings, KeycloakLogin, Login
from hub.trait import Trait

CULLER = "idle-culler"
PROMETHEUS = "prometheus"

Entry = dict[str, object]


def service_traits(settings: HubSettings, secrets: Secrets, file: Path) -> list[Trait]:
    """`file` holds the settings, for services that the hub starts itself."""
    services, roles = _ours(settings, secrets, file)
    services += [{"name": each.name, "api_token": secrets.service_tokens[each.name]} for each in settings.services]
    roles += [{"name": each.name, "scopes": list(each.scopes), "services": [each.name]} for each in settings.services]
    roles += [
        {
            "name": role.name,
            "scopes": list(role.scopes),
            # A role that names its bearers is exact: who leaves the list loses it.
            "users": list(role.users),
            "groups": list(role.groups),
            "services": list(role.services),
        }
        for role in settings.roles
    ]
    return [
        Trait("JupyterHub", "services", services, "hub.services"),
        Trait("JupyterHub", "load_roles", roles, "hub.roles"),
    ]


def _ours(settings: HubSettings, secrets: Secrets, file: Path) -> tuple[list[Entry], list[Entry]]:
    services: list[Entry] = []
    roles: list[Entry] = [_admins(settings.login)]
    if settings.culler is not None:
        services.append({"name": CULLER, "command": [sys.executable, "-m", "hub.culler", str(file)]})
        # The profile a server was started with stands in its state, where its user cannot change it.
        scopes = ["list:users", "read:users:activity", "read:servers", "admin:server_state", "delete:servers"]
        roles.append({"name": CULLER, "scopes": scopes, "services": [CULLER]})
    if settings.monitored:
        services.append({"name": PROMETHEUS, "api_token": secrets.metrics_token})
        roles.append({"name": PROMETHEUS, "scopes": ["read:metrics"], "services": [PROMETHEUS]})
    return services, roles


def _admins(login: Login) -> Entry:
    """Where Keycloak says who is an admin, those whom it has named are left alone: the list would be exact, and empty."""
    named = {} if isinstance(login, KeycloakLogin) else {"users": list(login.admins)}
    return {"name": "admin", **named, "groups": [], "services": []}
