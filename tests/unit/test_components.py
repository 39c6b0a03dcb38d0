"""The decisions of the components, in tables: what each setting becomes, and what it leaves alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from pulumi_kubernetes.core.v1 import VolumeResourceRequirementsArgs

from components.hub.config import hub_settings
from components.network import edges
from components.network.namespaces import limits, quota
from components.pods import fingerprint
from components.storage.claims import claim
from preview.recorder import inventory
from settings import Settings
from settings.domain import Resources
from settings.load import SETTINGS_KEY, parse, read, stack_file
from settings.namespace import Quota
from settings.storage import StorageSection
from tests.conftest import with_a_password

PASSWORD = read(stack_file("password"))
OURS = {"kind": "postgres", "server": {"kind": "in_cluster", "size": "1Gi"}}
FOREIGN = {
    "kind": "postgres",
    "server": {
        "kind": "external",
        "host": "db.example.org",
        "port": 6432,
        "database": "hub_db",
        "user": "hub_user",
        "password": {"kind": "declared", "name": "postgres-password"},
    },
}

ANY = {"notebook": "any"}


def changed(key: str, value: object) -> Settings:
    """The stack with a password, and one key of it changed."""
    tree = with_a_password()
    *sections, last = key.split(".")
    node: Any = tree
    for section in sections:
        node = node[int(section) if isinstance(node, list) else section]
    node[last] = value
    return parse(tree, "changed")


def leaves(node: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list) and any(isinstance(value, dict) for value in cast("list[object]", node)):
        for position, value in enumerate(cast("list[object]", node)):
            yield from leaves(value, f"{path}.{position}")
    else:
        yield path, node


def told(settings: Settings, image: str = "any") -> dict[str, object]:
    return dict(leaves(hub_settings(settings, dict.fromkeys(settings.images, image)).model_dump(mode="json")))


@pytest.mark.parametrize(
    ("key", "value", "difference"),
    [
        (
            "namespace.name",
            "lab",
            {
                "hub_url": "http://hub.lab:8081",
                "proxy_api_url": "http://proxy-api.lab:8001",
                "servers.namespace": "lab-users",
            },
        ),
        ("identity.admins", ["zoe", "ada"], {"login.admins": ["ada", "zoe"]}),
        ("identity.users", ["zed", "eve", "cy"], {"login.users": ["cy", "eve", "zed"]}),
        ("hub.concurrent_spawns", 7, {"concurrent_spawns": 7}),
        ("hub.active_servers", 9, {"active_servers": 9}),
        ("hub.traits", {"JupyterHub": {"cookie_max_age_days": 7}}, {"traits.JupyterHub.cookie_max_age_days": 7}),
        ("users.profiles.1.name", "big", {"servers.profiles.1.name": "big"}),
        ("users.profiles.1.title", "Big", {"servers.profiles.1.title": "Big"}),
        ("users.profiles.1.cpu.guarantee", "300m", {"servers.profiles.1.cpu_guarantee": 0.3}),
        ("users.profiles.1.cpu.limit", 1.5, {"servers.profiles.1.cpu_limit": 1.5}),
        ("users.profiles.1.memory.guarantee", "1.5Gi", {"servers.profiles.1.memory_guarantee": 3 * 2**29}),
        ("users.profiles.1.memory.limit", "1Ti", {"servers.profiles.1.memory_limit": 2**40}),
        ("users.default_url", "/tree", {"servers.default_url": "/tree"}),
        ("users.start_timeout", "5m", {"servers.start_timeout": 300}),
        ("users.environment", {"B": "2"}, {"servers.environment.B": "2"}),
        ("culler.idle", "2h", {"culler.idle": 7200}),
        ("culler.every", "10m", {"culler.every": 600}),
        ("culler.max_age", "7d", {"culler.max_age": 604800}),
        ("storage.home.size", "2Gi", {"servers.home.size": "2Gi"}),
        ("storage.home.storage_class", "fast", {"servers.home.storage_class": "fast"}),
        (
            "storage.database",
            OURS,
            {
                "database.kind": "postgres",
                "database.host": "database.jupyterhub",
                "database.port": 5432,
                "database.name": "jupyterhub",
                "database.user": "jupyterhub",
            },
        ),
        (
            "storage.database",
            FOREIGN,
            {
                "database.kind": "postgres",
                "database.host": "db.example.org",
                "database.port": 6432,
                "database.name": "hub_db",
                "database.user": "hub_user",
            },
        ),
        ("namespace.quota.servers", 9, {}),
        ("hub.resources.cpu.limit", 3, {}),
        ("users.internet", False, {}),
        ("exposure.port", 8001, {}),
    ],
)
def test_what_a_setting_changes_for_the_hub_and_nothing_beside_it(
    key: str, value: object, difference: dict[str, object]
) -> None:
    before, after = told(PASSWORD), told(changed(key, value))
    assert {path: found for path, found in after.items() if before.get(path, "absent") != found} == difference


def test_the_hub_starts_the_notebook_image_and_has_no_culler_where_none_is_asked_for(dev: Settings) -> None:
    assert told(dev, "notebook:1")["servers.images.0.reference"] == "notebook:1"
    assert hub_settings(changed("culler", None), ANY).culler is None


def test_one_state_of_the_settings_is_written_in_one_way() -> None:
    one = changed("users.environment", {"B": "2", "A": "1"})
    other = changed("users.environment", {"A": "1", "B": "2"})
    assert hub_settings(one, ANY).model_dump_json() == hub_settings(other, ANY).model_dump_json()


NOTEBOOKS: dict[str, object] = {"kind": "shared", "name": "notebooks", "size": "100Gi"}


def storage(*volumes: dict[str, object], **home: object) -> StorageSection:
    own = home or {"kind": "per_user_claim", "size": "3Gi"}
    return StorageSection.model_validate(
        {"home": own, "volumes": volumes, "database": {"kind": "sqlite", "size": "1Gi"}}
    )


def test_shared_volumes_are_counted_beside_the_homes() -> None:
    in_one = storage(NOTEBOOKS, kind="shared_subpath", volume="notebooks", mount="/home/jovyan/notebooks")
    limit = Quota(cpu="3", memory="8Gi", servers=10, storage="110Gi")
    assert quota(limit, in_one)["persistentvolumeclaims"] == "1"
    assert quota(limit, in_one)["requests.storage"] == "110Gi"
    assert limits((sizes("1", "1Gi"),), in_one)[1].max == {"storage": "100Gi"}
    beside = storage(NOTEBOOKS | {"mount": "/mnt/notebooks"})
    assert quota(limit.model_copy(update={"homes": 7}), beside)["persistentvolumeclaims"] == "8"


def test_the_users_may_hold_what_the_quota_says() -> None:
    assert quota(Quota(cpu="3", memory="8Gi", servers=10, homes=50), storage()) == {
        "requests.cpu": "3",
        "requests.memory": "8Gi",
        "pods": "10",
        "persistentvolumeclaims": "50",
    }


def sizes(cpu: str, memory: str) -> Resources:
    guarantee = {"cpu": "1m", "memory": "1Mi"}
    largest = {"cpu": cpu, "memory": memory}
    return Resources.model_validate({of: {"guarantee": guarantee[of], "limit": largest[of]} for of in largest})


@pytest.mark.parametrize(
    ("profiles", "cpu", "memory"),
    [
        ([("500m", "4Gi")], "500m", "4Gi"),
        ([("500m", "512Mi"), ("2", "4Gi")], "2", "4Gi"),
        ([("1500m", "900Mi"), ("1.2", "1Gi")], "1500m", "1Gi"),
        ([("10", "2Gi"), ("9", "10Gi")], "10", "10Gi"),
    ],
)
def test_nothing_may_be_larger_than_the_largest_profile_or_a_home(
    profiles: list[tuple[str, str]], cpu: str, memory: str
) -> None:
    servers, homes = limits(tuple(sizes(*profile) for profile in profiles), storage())
    assert (servers.type, servers.max) == ("Container", {"cpu": cpu, "memory": memory})
    assert (homes.type, homes.max) == ("PersistentVolumeClaim", {"storage": "3Gi"})


HUB, SERVER = edges.Pods("jupyterhub", "hub"), edges.Pods("jupyterhub-users", "singleuser-server")
METADATA = edges.Addresses(("169.254.169.254/32",))


@pytest.mark.parametrize(
    ("key", "value", "closed", "opened"),
    [
        ("users.internet", False, {SERVER}, set[edges.Edge]()),
        ("storage.database", FOREIGN, set[edges.Pods](), {edges.Edge(HUB, METADATA, (6432,))}),
    ],
)
def test_which_conversations_outside_the_cluster_a_setting_opens_or_closes(
    key: str, value: object, closed: set[edges.Pods], opened: set[edges.Edge]
) -> None:
    before, after = set(edges.edges(PASSWORD)), set(edges.edges(changed(key, value)))
    gone = before - after
    assert {edge.source for edge in gone} == closed
    assert all(isinstance(edge.target, edges.Addresses) for edge in gone)
    assert after - before == opened


def test_a_fingerprint_tells_contents_apart_and_tells_nothing_else() -> None:
    assert fingerprint("one") == fingerprint("one") != fingerprint("two")
    assert len(fingerprint("a long secret" * 9)) == len(fingerprint("")) == 16
    assert "one" not in fingerprint("one")


def test_a_claim_has_the_size_and_the_class_it_is_asked_for() -> None:
    asked_for = claim("2Gi", "fast")
    assert asked_for.access_modes == ["ReadWriteOnce"]
    assert asked_for.storage_class_name == "fast"
    assert cast("VolumeResourceRequirementsArgs", asked_for.resources).requests == {"storage": "2Gi"}


@pytest.mark.parametrize(
    ("database", "holder"),
    [
        ({"kind": "sqlite", "size": "5Gi", "storage_class": "fast"}, "kubernetes:core/v1:PersistentVolumeClaim"),
        (
            {"kind": "postgres", "server": {"kind": "in_cluster", "size": "5Gi", "storage_class": "fast"}},
            "kubernetes:apps/v1:StatefulSet",
        ),
    ],
)
def test_the_database_gets_the_claim_of_the_stack_file(
    database: dict[str, object], holder: str, tmp_path: Path
) -> None:
    tree = with_a_password()
    tree["storage"]["database"] = database
    file = tmp_path / "Pulumi.changed.yaml"
    file.write_text(yaml.safe_dump({"config": {SETTINGS_KEY: tree}}))
    [found] = inventory("changed", stack_file=file).of(holder)
    [spec] = [template["spec"] for template in found.inputs["spec"].get("volumeClaimTemplates", [found.inputs])]
    assert spec["resources"] == {"requests": {"storage": "5Gi"}}
    assert spec["storageClassName"] == "fast"
