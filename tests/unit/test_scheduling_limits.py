"""How many servers, for how long and where: each key of a stack file, followed to the trait of JupyterHub that does it."""

from pathlib import Path
from typing import Any

import pytest

from components.hub.config import hub_settings
from hub.places import Places
from hub.secret_files import Secrets
from hub.traits import traits
from settings import Settings
from settings.load import parse
from tests.conftest import with_a_password
from tests.unit.test_components import changed

SECRETS = Secrets(
    b"", (), proxy_token="", database_password=None, metrics_token=None, client_secret=None, service_tokens={}
)
PLACES = Places(settings=Path("settings.json"), secrets=Path(), state=Path())
Trait = tuple[str, str]


def table(settings: Settings) -> dict[Trait, Any]:
    runtime = hub_settings(settings, dict.fromkeys(settings.images, "any"))
    found = {(trait.owner, trait.name): trait.value for trait in traits(runtime, SECRETS, PLACES)}
    del found["PlatformSpawner", "servers"]  # what the stack file says of servers, as a whole
    return found


@pytest.mark.parametrize(
    ("key", "value", "difference"),
    [
        ("hub.concurrent_spawns", 7, {("JupyterHub", "concurrent_spawn_limit"): 7}),
        ("hub.active_servers", 9, {("JupyterHub", "active_server_limit"): 9}),
        ("users.start_timeout", "5m", {("PlatformSpawner", "start_timeout"): 300}),
        ("users.http_timeout", "40s", {("PlatformSpawner", "http_timeout"): 40}),
        ("users.default_url", "/tree", {("PlatformSpawner", "default_url"): "/tree"}),
        (
            "users.named_servers",
            2,
            {("JupyterHub", "allow_named_servers"): True, ("JupyterHub", "named_server_limit_per_user"): 2},
        ),
        ("users.stop_on_logout", True, {("JupyterHub", "shutdown_on_logout"): True}),
        ("hub.environment", {"TZ": "Europe/Berlin"}, {}),
        (
            "scheduling",
            {"user_scheduler": {"replicas": 2}},
            {
                ("PlatformSpawner", "scheduler_name"): "jupyterhub-user-scheduler",
                ("PlatformSpawner", "priority_class_name"): "jupyterhub-users",
            },
        ),
        (
            "scheduling",
            {"users": {"node_selector": {"disk": "fast"}, "tolerations": [{"key": "ours", "effect": "NoSchedule"}]}},
            {
                ("PlatformSpawner", "priority_class_name"): "jupyterhub-users",
                ("PlatformSpawner", "node_selector"): {"disk": "fast"},
                ("PlatformSpawner", "tolerations"): [{"key": "ours", "operator": "Exists", "effect": "NoSchedule"}],
            },
        ),
    ],
)
def test_a_key_sets_its_trait_and_no_other(key: str, value: object, difference: dict[Trait, object]) -> None:
    before, after = table(parse(with_a_password(), "unchanged")), table(changed(key, value))
    assert {trait: found for trait, found in after.items() if before.get(trait, "absent") != found} == difference
