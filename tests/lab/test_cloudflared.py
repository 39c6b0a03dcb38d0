"""cloudflared as a stack declares it, alone in a namespace with its policies: it reaches the edge, and one of two may die."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import requests
import yaml

from components.exposure.tunnel import TUNNEL_TOKEN
from components.naming import CLOUDFLARED
from lab import edge
from preview.manifests import manifests
from preview.recorder import inventory
from settings.load import SETTINGS_KEY, stack_file
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl, objects
from tests.lab.cloudflare_account import HOST, Account

pytestmark = pytest.mark.lab

PAGE = f"https://{HOST}/"
SECONDS = 20
READY_SECONDS = 120
SERVED = 204


def declared(namespace: str, folder: Path) -> list[dict[str, Any]]:
    """What belongs to cloudflared, of all that a stack declares: one whose users may reach no internet."""
    tree = yaml.safe_load(stack_file("edge").read_text())
    tree["config"][SETTINGS_KEY]["namespace"]["name"] = namespace
    file = folder / "Pulumi.edge.yaml"
    file.write_text(yaml.safe_dump(tree))
    everything = inventory("edge", stack_file=file)
    wanted = (CLOUDFLARED, "deny-all", namespace)
    own = [each for each in everything.resources if each.is_kubernetes and each.inputs["metadata"]["name"] in wanted]
    found = manifests(replace(everything, resources=tuple(own))).objects
    return [each for each in found if each["metadata"].get("namespace", namespace) == namespace]


@pytest.fixture(scope="module")
def account() -> Generator[Account]:
    with edge.serving("example.org", "example") as there:
        yield Account(there)


@pytest.fixture(scope="module")
def connected(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The namespace of two that are connected, and serve a host for which Access must have signed."""
    namespace = f"tunnel-{token_hex(3)}"
    surroundings.image(CLOUDFLARED)
    anybody: dict[str, Any] = {
        "name": "tokens",
        "decision": "non_identity",
        "include": [{"any_valid_service_token": {}}],
    }
    app = account.application(HOST, account.made("access/policies", anybody))
    tunnel = account.tunnel("one")
    required = {"required": True, "teamName": "example", "audTag": [app["aud"]]}
    account.route(tunnel["id"], HOST, f"http_status:{SERVED}", required)
    surroundings.namespace(namespace)
    try:
        surroundings.secret(namespace, TUNNEL_TOKEN, {TUNNEL_TOKEN: tunnel["token"]})
        for found in declared(namespace, tmp_path_factory.mktemp("stack")):
            surroundings.apply(found)
        edge.lead(namespace, account.there, CLOUDFLARED)
        eventually("both are ready", lambda: ready(namespace) == 2, READY_SECONDS)
        yield namespace
    finally:
        kubectl("delete", "namespace", namespace, "--wait=false")


def ready(namespace: str) -> int:
    [found] = [each for each in objects("deployment", namespace) if each["metadata"]["name"] == CLOUDFLARED]
    status = found["status"]
    return status.get("readyReplicas", 0) if status.get("updatedReplicas") == status.get("replicas") else 0


@pytest.fixture(scope="module")
def service(account: Account) -> dict[str, str]:
    token = account.made("access/service_tokens", {"name": "probe"})
    return {"CF-Access-Client-Id": token["client_id"], "CF-Access-Client-Secret": token["client_secret"]}


def through(account: Account, headers: dict[str, str]) -> requests.Response:
    return account.visitor().get(PAGE, headers=headers, allow_redirects=False, timeout=SECONDS)


def test_what_access_has_signed_comes_through(account: Account, connected: str, service: dict[str, str]) -> None:
    assert through(account, service).status_code == SERVED
    assert through(account, {}).status_code == 302


def test_of_two_one_may_die(account: Account, connected: str, service: dict[str, str]) -> None:
    [first, *_] = [pod["metadata"]["name"] for pod in objects("pod", connected)]
    kubectl("delete", "pod", first, f"--namespace={connected}", "--force", "--grace-period=0")
    answers = [through(account, service).status_code for _ in range(20)]
    assert answers.count(SERVED) >= 19, answers
    eventually("both are ready again", lambda: ready(connected) == 2, READY_SECONDS)


def test_the_token_is_in_no_argument_and_no_variable(connected: str) -> None:
    [pod, *_] = objects("pod", connected)
    said = json.dumps(pod["spec"])
    assert f"--token-file=/run/tunnel/{TUNNEL_TOKEN.partition('-')[2]}" in said
    assert "TUNNEL_TOKEN" not in said
