"""Settings as the program would write them, the mounts of the hub's pod, and a spawner with its cluster."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from kubespawner.clients import load_config

from hub import spawner as module
from hub.places import Places
from hub.server_traits import server_traits
from hub.settings import HubSettings
from hub.spawner import PlatformSpawner
from tests.hub.cluster import Cluster
from tests.hub.spawned import Hub, User

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


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    cluster = Cluster()
    await cluster.start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(cluster.kubeconfig())
    monkeypatch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    monkeypatch.setattr(module, "PAUSE", 0.05)
    load_config.cache_clear()
    yield cluster
    for reflector in PlatformSpawner.reflectors.values():
        await reflector.stop()
    PlatformSpawner.reflectors.clear()
    await cluster.stop()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def make_spawner(cluster: Cluster, settings: HubSettings) -> Callable[[], PlatformSpawner]:
    def make() -> PlatformSpawner:
        table = {line.name: line.value for line in server_traits(settings) if line.owner == "PlatformSpawner"}
        patience = {"delete_grace_period": 0, "k8s_api_request_timeout": 1, "k8s_api_request_retry_timeout": 1}
        return PlatformSpawner(_mock=True, user=User(), hub=Hub(), port=cluster.port, **(table | patience))

    return make


@pytest.fixture
async def spawner(make_spawner: Callable[[], PlatformSpawner]) -> PlatformSpawner:
    return make_spawner()
