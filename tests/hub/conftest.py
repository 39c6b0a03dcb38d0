"""Settings as the program would write them, and the mounts of the hub's pod."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.places import Places
from hub.settings import HubSettings

SETTINGS: dict[str, Any] = {
    "hub_url": "http://hub.jupyterhub:8081",
    "proxy_api_url": "http://proxy-api.jupyterhub:8001",
    "database": {"kind": "sqlite"},
    "login": {"kind": "password", "admins": ["ada"], "users": ["bob"], "groups": {}},
    "servers": {
        "namespace": "jupyterhub-users",
        "images": [
            {"name": "notebook", "title": "Notebook", "reference": "registry.example.org/notebook@sha256:" + "0" * 64}
        ],
        "profiles": [
            {
                "name": name,
                "title": name.title(),
                "image": "notebook",
                "cpu_guarantee": 0.1,
                "cpu_limit": cpu,
                "memory_guarantee": 2**28,
                "memory_limit": cpu * 2**30,
            }
            for name, cpu in (("small", 1), ("large", 2))
        ],
        "home": {"kind": "per_user_claim", "size": "1Gi", "storage_class": None, "mount": "/home/jovyan"},
        "volumes": [],
        "workspace_image": None,
        "default_url": "/lab",
        "start_timeout": 120,
        "http_timeout": 120,
        "environment": {},
    },
    "culler": {"idle": 3600, "every": 300, "max_age": None},
    "monitored": False,
    "concurrent_spawns": 50,
    "active_servers": None,
    "traits": {},
}


@pytest.fixture
def make_settings() -> Callable[..., HubSettings]:
    """HubSettings with some sections replaced."""

    def make(**sections: Any) -> HubSettings:
        return HubSettings.model_validate({**SETTINGS, **sections})

    return make


@pytest.fixture
def settings(make_settings: Callable[..., HubSettings]) -> HubSettings:
    return make_settings()


@pytest.fixture
def places(tmp_path: Path, settings: HubSettings) -> Places:
    """The hub's mounts, with every secret in place."""
    for name, text in {
        "cookie-secret": "ab" * 32,
        "crypt-key": "cd" * 32,
        "proxy-token": "proxy",
        "login-password": "correct horse",
        "database-password": "p@ss/word:%",
        "client-secret": "of the client",
    }.items():
        (tmp_path / name).write_text(text + "\n")
    file = tmp_path / "settings.json"
    file.write_text(settings.model_dump_json())
    return Places(settings=file, secrets=tmp_path, state=tmp_path)
