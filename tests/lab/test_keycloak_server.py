"""A Keycloak of ours as a stack declares it, alone in a namespace: it starts, and nobody notices that its pod was killed."""

import json
import urllib.parse
import urllib.request
from collections.abc import Generator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml

from components.identity.keycloak_server import ADMINISTRATOR
from components.naming import KEYCLOAK_ADMINISTRATOR, KEYCLOAK_DATABASE, KEYCLOAK_DATABASE_PASSWORD
from deploy.keycloak import Keycloak
from preview.manifests import manifests
from preview.recorder import inventory
from settings.contract import SERVER
from settings.load import ROOT, SETTINGS_KEY
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl, objects

pytestmark = pytest.mark.lab

SECRETS = (KEYCLOAK_ADMINISTRATOR, KEYCLOAK_DATABASE_PASSWORD)
IDENTITY = {
    "kind": "keycloak",
    "server": {"kind": "in_cluster", "port": 8124, "size": "1Gi", "people": {"ann": ["admins"]}},
    "realm": {"kind": "made", "name": "jupyterhub"},
    "groups": {"users": ["users"], "admins": ["admins"]},
    "sessions": {"idle": "12h", "longest": "7d"},
    "grace": "30m",
}
REALM = {
    "realm": "probe",
    "enabled": True,
    "clients": [{"clientId": "probe", "publicClient": True, "directAccessGrantsEnabled": True}],
    "users": [
        {
            "username": "ann",
            "enabled": True,
            "email": "ann@example.org",
            "firstName": "Ann",
            "lastName": "Example",
            "credentials": [{"type": "password", "value": "of a realm of one test"}],
        }
    ],
}


def declared(namespace: str, folder: Path) -> list[dict[str, Any]]:
    """What belongs to the server, of all that a stack declares."""
    tree = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    tree["config"][SETTINGS_KEY] |= {"identity": IDENTITY}
    tree["config"][SETTINGS_KEY]["namespace"]["name"] = namespace
    file = folder / "Pulumi.dev.yaml"
    file.write_text(yaml.safe_dump(tree))
    everything = manifests(inventory("dev", stack_file=file)).objects
    wanted = (SERVER, KEYCLOAK_DATABASE, "deny-all", *SECRETS, namespace)
    named = [found for found in everything if found["metadata"]["name"] in wanted]
    return [found for found in named if found["metadata"].get("namespace", namespace) == namespace]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Keycloak]:
    namespace, secret = f"keycloak-{token_hex(3)}", token_hex()
    for image in ("keycloak", "postgres"):
        surroundings.image(image)
    for found in declared(namespace, tmp_path_factory.mktemp("stack")):
        name = found["metadata"]["name"]
        surroundings.apply({**found, "stringData": {name: secret}} if found["kind"] == "Secret" else found)
    try:
        eventually("Keycloak is ready", lambda: is_ready(namespace), 300)
        [address] = [found["spec"]["clusterIP"] for found in objects("service", namespace) if named(found, SERVER)]
        yield Keycloak(f"http://{address}:8080", "master", ADMINISTRATOR, secret, key=namespace)
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")


def named(found: dict[str, Any], name: str) -> bool:
    return found["metadata"]["name"] == name


def is_ready(namespace: str) -> bool:
    [found] = [each for each in objects("deployment", namespace) if named(each, SERVER)]
    return found["status"].get("readyReplicas") == 1


def token(server: Keycloak, **grant: str) -> dict[str, Any]:
    form = urllib.parse.urlencode({"client_id": "probe", **grant}).encode()
    path = "/realms/probe/protocol/openid-connect/token"
    with urllib.request.urlopen(server.url + path, form, timeout=30) as answer:
        return json.loads(answer.read())


def test_who_is_logged_in_stays_so_when_its_pod_is_killed(server: Keycloak) -> None:
    server.post("realms", REALM)
    before = token(server, grant_type="password", username="ann", password="of a realm of one test")  # noqa: S106
    pods = (f"--namespace={server.key}", f"--selector=app.kubernetes.io/component={SERVER}")
    kubectl("delete", "pod", *pods, "--force", "--grace-period=0")
    eventually("the killed pod is missed", lambda: not is_ready(server.key), 30)
    eventually("another pod is ready", lambda: is_ready(server.key), 300)
    after = token(server, grant_type="refresh_token", refresh_token=before["refresh_token"])
    assert after["session_state"] == before["session_state"]
