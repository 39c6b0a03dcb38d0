"""A Keycloak of ours: what it is told agrees with what its image, its database, the hub and browsers are told."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.identity.keycloak_server import ADMINISTRATOR_SECRET
from components.naming import KEYCLOAK_ADMINISTRATOR, KEYCLOAK_DATABASE, KEYCLOAK_DATABASE_PASSWORD
from components.network import edges
from hub.settings import DATABASE_PASSWORD
from preview.inventory import Inventory
from preview.recorder import inventory
from settings import Settings
from settings.contract import SERVER, contract
from settings.load import ROOT, SETTINGS_KEY, read
from tests.unit.conftest import mounts, ports, workloads

IN_CLUSTER = {"kind": "in_cluster", "port": 8124, "size": "3Gi", "storage_class": "fast", "people": {"ann": ["admins"]}}
ADMINISTRATOR = {"client": "platform", "secret": {"kind": "declared", "name": "keycloak-secret"}}
DOCKERFILE = (ROOT / "images" / "keycloak" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def file_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Path]:
    def write(server: dict[str, Any]) -> Path:
        tree = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
        tree["config"][SETTINGS_KEY]["identity"] = {
            "kind": "keycloak",
            "server": server,
            "realm": {"kind": "made", "name": "jupyterhub"},
            "groups": {"users": ["users"], "admins": ["admins"]},
            "sessions": {"idle": "12h", "longest": "7d"},
            "grace": "30m",
        }
        file = tmp_path_factory.mktemp("stack") / "Pulumi.dev.yaml"
        file.write_text(yaml.safe_dump(tree))
        return file

    return write


@pytest.fixture(scope="module")
def file(file_with: Callable[[dict[str, Any]], Path]) -> Path:
    return file_with(IN_CLUSTER)


@pytest.fixture(scope="module")
def settings(file: Path) -> Settings:
    return read(file)


@pytest.fixture(scope="module")
def ours(file: Path) -> Inventory:
    return inventory("dev", stack_file=file)


def container(stack: Inventory) -> dict[str, Any]:
    [found] = workloads(stack)[SERVER]["spec"]["containers"]
    return found


def service(stack: Inventory, name: str) -> Mapping[str, Any]:
    return stack.one("kubernetes:core/v1:Service", f"{name}-service").inputs


def files(stack: Inventory, workload: str) -> dict[str, tuple[str, str]]:
    """The Secret and the key behind each file."""
    [volume] = [
        each for each in workloads(stack)[workload]["spec"]["volumes"] if each["name"] in ("secrets", "password")
    ]
    sources = volume["projected"]["sources"] if "projected" in volume else [{"secret": volume["secret"]}]
    return {
        item["path"]: (source["secret"].get("name") or source["secret"]["secretName"], item["key"])
        for source in sources
        for item in source["secret"]["items"]
    }


def told(stack: Inventory) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(stack)["env"]}


def test_browsers_and_the_hub_find_it_where_the_contract_says(ours: Inventory, settings: Settings) -> None:
    agreed = contract(settings)
    assert agreed
    [port] = service(ours, SERVER)["spec"]["ports"]
    where = service(ours, SERVER)["metadata"]
    assert agreed.back_channel == f"http://{where['name']}.{where['namespace']}:{port['port']}"
    assert ports(container(ours))[port["targetPort"]] == port["port"]
    assert told(ours)["KC_HOSTNAME"] == agreed.server == "http://127.0.0.1:8124"
    assert told(ours)["KC_HOSTNAME_BACKCHANNEL_DYNAMIC"] == "true"
    assert not {name for name in told(ours) if "PROXY" in name}, "no header of a proxy is believed"


def test_it_has_a_database_of_its_own(ours: Inventory) -> None:
    assert told(ours)["KC_DB_URL_HOST"] == service(ours, KEYCLOAK_DATABASE)["metadata"]["name"]
    database = ours.one("kubernetes:apps/v1:StatefulSet", KEYCLOAK_DATABASE).inputs["spec"]
    [claim] = database["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    assert claim["spec"]["storageClassName"] == "fast"
    both = (KEYCLOAK_DATABASE_PASSWORD, KEYCLOAK_DATABASE_PASSWORD)
    assert files(ours, KEYCLOAK_DATABASE) == {DATABASE_PASSWORD: both}
    assert files(ours, SERVER)[DATABASE_PASSWORD] == both


def test_its_secrets_are_in_the_files_its_image_reads(ours: Inventory) -> None:
    read_from = dict(re.findall(r"(KC_\w+)_FILE=(\S+)", DOCKERFILE))
    [directory] = [where for where, is_fixed in mounts(workloads(ours)[SERVER]).items() if is_fixed]
    assert set(read_from.values()) == {f"{directory}/{name}" for name in files(ours, SERVER)}
    assert files(ours, SERVER)[ADMINISTRATOR_SECRET] == (KEYCLOAK_ADMINISTRATOR, KEYCLOAK_ADMINISTRATOR)
    assert not set(read_from) & set(told(ours))


def test_what_it_is_asked_is_what_its_image_answers(ours: Inventory) -> None:
    assert re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE) == [
        " ".join(str(port) for port in ports(container(ours)).values())
    ]
    assert "--health-enabled=true" in DOCKERFILE
    asked = {name: container(ours)[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {found["port"] for found in asked.values()} == {"management"}


def test_one_pod_goes_before_the_next_one_comes(ours: Inventory) -> None:
    spec = ours.one("kubernetes:apps/v1:Deployment", SERVER).inputs["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")


HUB, KEYCLOAK = edges.Pods("jupyterhub", "hub"), edges.Pods("jupyterhub", SERVER)
DATABASE = edges.Pods("jupyterhub", KEYCLOAK_DATABASE)


def external(url: str) -> dict[str, Any]:
    return {"kind": "external", "url": url, "administrator": ADMINISTRATOR}


@pytest.mark.parametrize(
    ("server", "opened"),
    [
        (
            IN_CLUSTER,
            {
                edges.Edge(HUB, KEYCLOAK, (8080,)),
                edges.Edge(KEYCLOAK, DATABASE, (5432,)),
                edges.Edge(KEYCLOAK, edges.NAME_SERVER, (53,), ("UDP", "TCP")),
            },
        ),
        (external("https://login.example.org"), {edges.Edge(HUB, edges.ANYWHERE_BUT_METADATA, (443,))}),
        (external("https://login.example.org:8443/auth"), {edges.Edge(HUB, edges.ANYWHERE_BUT_METADATA, (8443,))}),
    ],
    ids=["ours", "theirs", "theirs at a port"],
)
def test_the_hub_reaches_it_and_nobody_else_does(
    dev: Settings,
    file_with: Callable[[dict[str, Any]], Path],
    server: dict[str, Any],
    opened: set[edges.Edge],
) -> None:
    without = dev.model_copy(update={"identity": None})
    assert set(edges.edges(read(file_with(server)))) - set(edges.edges(without)) == opened
