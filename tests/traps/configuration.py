"""The same deployment twice: as our settings, and as the traits of JupyterHub and KubeSpawner as released."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.server_traits import server_traits
from hub.settings import HubSettings

USER = "ann.lee"
SCOPES = ["admin:users", "admin:servers", "access:servers", "list:users"]
NEEDED = [
    *("namespace", "image", "cmd", "volumes", "volume_mounts", "storage_capacity", "start_timeout"),
    *("uid", "gid", "fs_gid", "pod_security_context", "container_security_context"),
]
"""What a pod of the lab cannot do without; everything else stays as released."""

Traits = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Urls:
    hub: str
    proxy_api: str


def our_settings(namespace: str, image: str, urls: Urls, token: str, traits: Traits) -> HubSettings:
    """One small profile, a test service, and `traits` on top."""
    profile = {"name": "small", "title": "Small", "image": "notebook", "cpu_guarantee": 0.05, "cpu_limit": 1}
    profile |= {"memory_guarantee": 2**27, "memory_limit": 2**30}
    service = {"name": "test", "api_token": token}
    role = {"name": "test", "scopes": SCOPES, "services": ["test"]}
    # Laid over the platform's own lines, which a stack file could not.
    own = {"hub_bind_url": urls.hub, "services": [service], "load_roles": [role]}
    return HubSettings.model_validate(
        {
            "hub_url": urls.hub,
            "proxy_api_url": urls.proxy_api,
            "database": {"kind": "sqlite"},
            "login": {"kind": "password", "admins": [], "users": [USER], "groups": {}},
            "servers": {
                "namespace": namespace,
                "images": [{"name": "notebook", "title": "Notebook", "reference": image}],
                "profiles": [profile],
                "home": {"kind": "per_user_claim", "size": "64Mi", "storage_class": None, "mount": "/home/jovyan"},
                "volumes": [],
                "workspace_image": None,
                "default_url": "/lab",
                "start_timeout": 120,
                "http_timeout": 120,
                "environment": {},
            },
            "culler": None,
            "monitored": False,
            "concurrent_spawns": 10,
            "active_servers": None,
            "traits": {**traits, "JupyterHub": {**own, **traits.get("JupyterHub", {})}},
        }
    )


def plain_traits(settings: HubSettings, proxy_token: str, database: Path) -> Traits:
    table = {line.name: line.value for line in server_traits(settings)}
    return {
        "JupyterHub": {
            **settings.traits["JupyterHub"],
            "hub_connect_url": settings.hub_url,
            "db_url": f"sqlite:///{database}",
            "spawner_class": "kubespawner.KubeSpawner",
            "authenticator_class": "dummy",
            "cleanup_servers": False,
            "cleanup_proxy": False,
        },
        "ConfigurableHTTPProxy": {
            "should_start": False,
            "api_url": settings.proxy_api_url,
            "auth_token": proxy_token,
        },
        "Authenticator": {"allowed_users": [USER]},
        "KubeSpawner": {
            **{name: table[name] for name in NEEDED},
            "storage_pvc_ensure": True,
            "delete_pvc": False,
            **settings.traits.get("KubeSpawner", {}),
        },
    }
