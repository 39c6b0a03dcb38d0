"""From one declared service: what a server is told, the way to it, its credentials, and its line in the catalogue."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from components.hub.config import hub_settings
from components.hub.server_config import user_servers
from components.network.admission import allowed
from components.network.edges import ANYWHERE_BUT_METADATA, PUBLIC, Addresses, Edge, Others, Pods, edges
from components.network.policies import policies
from components.services.catalogue import exported, portal_files
from components.services.services import declared_services, looking
from hub.furnish import PodParts
from hub.person import Person
from hub.platform_services import service_parts
from hub.service_settings import CredentialFile
from preview.inventory import Inventory, Secret
from preview.recorder import inventory
from settings import Settings
from settings.load import SETTINGS_KEY, parse
from tests.conftest import with_a_password

SERVERS = Pods("jupyterhub-users", "singleuser-server")
ALICE = Person("alice", frozenset({"analysts"}))
STRANGER = Person("bob")
ENTRY = {
    "name": "notebooks",
    "title": "Notebooks",
    "description": "Work beside the data",
    "category": "ai",
    "icon": "/icons/ai.svg",
    "config_map": "portal-entry",
    "labels": {"example.org/managed": "true"},
}


def tree(*services: object, **sections: object) -> dict[str, Any]:
    told: dict[str, Any] = {**with_a_password(), "services": list(services), **sections}
    told["identity"] = {**told["identity"], "groups": {"analysts": ["alice"]}}
    return told


def declaring(*services: object, **sections: object) -> Settings:
    return parse(tree(*services, **sections), "changed")


@dataclass(frozen=True)
class Kind:
    """One declaration, and everything that comes of it."""

    given: dict[str, Any]
    environment: dict[str, str]
    target: Others | Addresses
    port: int
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Where each credential of a server is, by its variable."""
    kept: tuple[str, ...] = ()
    """The keys of the Secret that we write."""


HOST = "svc.data-platform"
THERE = Others("data-platform")
KINDS = {
    "trino": Kind({"kind": "trino"}, {"TRINO_HOST": HOST, "TRINO_PORT": "8080"}, THERE, 8080),
    "minio": Kind(
        {
            "kind": "minio",
            "access_key": {"kind": "declared", "name": "lake-access-key"},
            "secret_key": {"kind": "existing", "name": "lake.keys", "key": "secret"},
        },
        {
            "MINIO_ENDPOINT": f"{HOST}:9000",
            "S3_ENDPOINT": f"http://{HOST}:9000",
            "AWS_ENDPOINT_URL": f"http://{HOST}:9000",
            "MLFLOW_S3_ENDPOINT_URL": f"http://{HOST}:9000",
        },
        THERE,
        9000,
        {
            "MINIO_ACCESS_KEY_FILE": "/run/secrets/services/lake/service-lake/MINIO_ACCESS_KEY",
            "MINIO_SECRET_KEY_FILE": "/run/secrets/services/lake/lake.keys/MINIO_SECRET_KEY",
        },
        ("MINIO_ACCESS_KEY",),
    ),
    "mlflow": Kind({"kind": "mlflow"}, {"MLFLOW_TRACKING_URI": f"http://{HOST}:5000"}, THERE, 5000),
    "mlflow encrypted": Kind(
        {"kind": "mlflow", "host": "mlflow.lake.example.org", "port": 443},
        {"MLFLOW_TRACKING_URI": "https://mlflow.lake.example.org:443"},
        PUBLIC,
        443,
    ),
    "postgres": Kind(
        {
            "kind": "postgres",
            "database": "analytics",
            "user": "analyst",
            "password": {"kind": "declared", "name": "analyst-password"},
        },
        {
            **dict.fromkeys(("POSTGRES_HOST", "PGHOST"), HOST),
            **dict.fromkeys(("POSTGRES_PORT", "PGPORT"), "5432"),
            **dict.fromkeys(("POSTGRES_DB", "PGDATABASE"), "analytics"),
            **dict.fromkeys(("POSTGRES_USER", "PGUSER"), "analyst"),
        },
        THERE,
        5432,
        {"POSTGRES_PASSWORD_FILE": "/run/secrets/services/lake/service-lake/POSTGRES_PASSWORD"},
        ("POSTGRES_PASSWORD",),
    ),
    "datahub": Kind({"kind": "datahub"}, {"DATAHUB_GMS_URL": f"http://{HOST}:8080"}, THERE, 8080),
    "ray": Kind({"kind": "ray"}, {"RAY_ADDRESS": f"ray://{HOST}:10001"}, THERE, 10001),
    "kafka": Kind({"kind": "kafka"}, {"KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:9092"}, THERE, 9092),
    "spark": Kind({"kind": "spark"}, {"SPARK_REMOTE": f"sc://{HOST}:15002"}, THERE, 15002),
    "generic": Kind(
        {
            "kind": "generic",
            "host": f"{HOST}.svc.cluster.local",
            "port": 80,
            "target_port": 8080,
            "environment": {"LAKE_SCHEMA": "public"},
            "secrets": [{"name": "LAKE_TOKEN", "value": {"kind": "declared", "name": "lake-token"}}],
        },
        {"LAKE_HOST": f"{HOST}.svc.cluster.local", "LAKE_PORT": "80", "LAKE_SCHEMA": "public"},
        THERE,
        8080,
        {"LAKE_TOKEN_FILE": "/run/secrets/services/lake/service-lake/LAKE_TOKEN"},
        ("LAKE_TOKEN",),
    ),
    "generic by address": Kind(
        {"kind": "generic", "host": "10.20.0.5", "port": 1521},
        {"LAKE_HOST": "10.20.0.5", "LAKE_PORT": "1521"},
        Addresses((), "10.20.0.5/32"),
        1521,
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def one(kind: Kind, **more: object) -> dict[str, Any]:
    return {"name": "lake", "host": HOST, **kind.given, **more}


def test_a_server_is_told_what_client_libraries_look_for(kind: Kind) -> None:
    (service,) = declared_services(declaring(one(kind)).services)
    parts = parts_of(declaring(one(kind)), STRANGER)
    assert service.environment == kind.environment
    assert parts.environment == {**kind.environment, **kind.files}
    assert parts.labels == {"service.jupyterhub-platform/lake": "yes"}


def test_a_server_finds_each_credential_where_its_variable_says(kind: Kind) -> None:
    parts = parts_of(declaring(one(kind)), STRANGER)
    found = {
        f"{item['path']}_FILE": f"{mount['mountPath']}/{item['path']}"
        for volume, mount in zip(parts.volumes, parts.mounts, strict=True)
        for item in volume["secret"]["items"]
        if volume["name"] == mount["name"] and mount["readOnly"] is True
    }
    assert found == kind.files


def test_one_way_leads_to_it(kind: Kind) -> None:
    before = edges(declaring())
    opened = [edge for edge in edges(declaring(one(kind))) if edge not in before]
    assert opened == [Edge(SERVERS, kind.target, (kind.port,))]
    assert kind.target != ANYWHERE_BUT_METADATA


def test_for_a_group_there_is_a_way_for_their_servers_alone(kind: Kind) -> None:
    before = edges(declaring())
    declared = edges(declaring(one(kind, groups=["analysts"])))
    (opened,) = [edge for edge in declared if edge not in before]
    assert opened == Edge(Pods(SERVERS.namespace, SERVERS.component, "lake"), kind.target, (kind.port,))
    (policy,) = [policy for policy in policies(declared) if policy.pods.service]
    assert policy.pods.name == "singleuser-server-lake"
    label = next(iter(parts_of(declaring(one(kind, groups=["analysts"])), ALICE).labels))
    assert policy.pods.labels == {"component": "singleuser-server", label: "yes"}


def test_for_a_group_nobody_else_gets_any_of_it(kind: Kind) -> None:
    settings = declaring(one(kind, groups=["analysts"]))
    assert parts_of(settings, ALICE) == parts_of(declaring(one(kind)), STRANGER)
    nothing = parts_of(settings, STRANGER)
    assert (nothing.environment, nothing.labels, nothing.volumes, nothing.mounts) == ({}, {}, (), ())


def test_the_catalogue_names_it(kind: Kind) -> None:
    settings = declaring(one(kind, title="The lake", groups=["analysts"]), catalogue=ENTRY)
    assert settings.catalogue
    own, line = json.loads(exported(settings, settings.catalogue))
    assert own["dependencies"] == ["lake"]
    assert (line["name"], line["display_name"], line["kind"]) == ("lake", "The lake", kind.given["kind"])
    assert line["groups"] == ["analysts"]
    assert line["address"].partition(":")[0] == kind.given.get("host", HOST)
    written = yaml.safe_load(portal_files(settings, settings.catalogue)["services.yaml"])
    assert written == {"services": [line]}


LOOKING = {
    "labels": {"b": "2", "a/b": "1"},
    "namespaces": ["ml", "data"],
    "file": "/home/jovyan/.config/site/service-env.sh",
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """What the program declares for a service of each sort, for a portal, and for services that are looked for."""
    services = [one(KINDS[sort], name=sort) for sort in ("trino", "minio", "postgres", "generic")]
    file = tmp_path_factory.mktemp("stack") / "Pulumi.changed.yaml"
    told = tree(*services, catalogue=ENTRY, service_discovery=LOOKING)
    file.write_text(yaml.safe_dump({"config": {SETTINGS_KEY: told}}))
    return inventory("changed", stack_file=file)


def test_our_secrets_stand_beside_the_servers_and_hold_what_was_declared(everything: Inventory) -> None:
    secrets = {secret.name: secret.inputs for secret in everything.of("kubernetes:core/v1:Secret")}
    for sort in ("minio", "postgres", "generic"):
        secret = secrets.pop(f"service-{sort}-secret")
        assert sorted(secret["stringData"]) == sorted(KINDS[sort].kept)
        assert all(isinstance(value, Secret) for value in secret["stringData"].values())
        assert (secret["metadata"]["name"], secret["metadata"]["namespace"]) == (f"service-{sort}", "jupyterhub-users")
    assert not [name for name in secrets if name.startswith("service-")]


def test_the_hub_may_read_config_maps_where_services_are_looked_for_and_nothing_else(everything: Inventory) -> None:
    roles = [role.inputs for role in everything.of("kubernetes:rbac.authorization.k8s.io/v1:Role")]
    there = {role["metadata"]["namespace"]: role for role in roles if role["metadata"]["namespace"] in ("ml", "data")}
    assert sorted(there) == ["data", "ml"]
    for role in there.values():
        assert role["rules"] == [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    told = looking(declaring(service_discovery=LOOKING).service_discovery)
    assert told
    assert (told.selector, told.namespaces, told.file) == ("a/b=1,b=2", ("data", "ml"), LOOKING["file"])


@pytest.mark.parametrize(
    ("file", "made_ready"), [(LOOKING["file"], True), ("/mnt/site/service-env.sh", False), (None, False)]
)
def test_a_directory_of_the_home_is_made_ready_before_it_is_mounted_on(file: str | None, made_ready: bool) -> None:
    """Made by the container engine it would be root's, and no other program could keep its settings beside it."""
    settings = declaring(service_discovery=None if file is None else {**LOOKING, "file": file})
    assert ("workspace" in settings.images) is made_ready


def test_a_portal_finds_the_platform(everything: Inventory) -> None:
    entry = everything.one("kubernetes:core/v1:ConfigMap", "portal-entry").inputs
    assert entry["metadata"]["namespace"] == "jupyterhub"
    assert entry["metadata"]["labels"]["example.org/managed"] == "true"
    service = yaml.safe_load(entry["data"]["service.yaml"])["service"]
    assert service["endpoints"][0]["url"] == "http://127.0.0.1:8000/"
    assert service["endpoints"][0]["health_url"] == "http://127.0.0.1:8000/hub/health"
    assert json.loads(everything.outputs["catalogue"])[0] == service


def test_the_cluster_lets_servers_mount_the_secrets_of_services_alone() -> None:
    settings = declaring(one(KINDS["minio"]), {**one(KINDS["postgres"]), "name": "db"}, one(KINDS["ray"], name="r"))
    assert allowed(user_servers(settings, {"notebook": "any"})).secrets == ["lake.keys", "service-db", "service-lake"]
    assert declared_services(settings.services)[0].files[1] == CredentialFile(
        variable="MINIO_SECRET_KEY",
        secret="lake.keys",  # noqa: S106 - the name of one
        key="secret",
    )


def parts_of(settings: Settings, person: Person) -> PodParts:
    return service_parts(hub_settings(settings, {"notebook": "any"}).servers, person, [])
