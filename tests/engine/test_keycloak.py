"""A Keycloak of ours and the realm in it, by the engine: made, left alone, repaired, found again with its people, handed over."""

from typing import Any

import pytest

from components.identity.keycloak_server import ADMINISTRATOR
from components.naming import KEYCLOAK_ADMINISTRATOR
from deploy.keycloak import Keycloak
from settings.contract import HUB_CLIENT, SERVER
from tests.e2e.cluster import kubectl, secret
from tests.engine.checkout import Checkout, declared_in
from tests.engine.conftest import Make
from tests.ports import free_port
from tests.realm.agreed import agreed
from tests.realm.drift import DRIFTS, Drift

pytestmark = [pytest.mark.engine]
REALM = "realms/jupyterhub"
PORT = free_port()
IDENTITY: dict[str, Any] = {
    "kind": "keycloak",
    "server": {
        **{"kind": "in_cluster", "port": PORT, "size": "1Gi"},
        "people": {"admin": ["admins"], "alice": ["users", "analysts"]},
    },
    "realm": {"kind": "made", "name": "jupyterhub"},
    "groups": {"users": ["users"], "admins": ["admins"]},
    "sessions": {"idle": "12h", "longest": "7d"},
    "grace": "30m",
}
UNSEEN = ("a forged claim", "strangers as admins", "the policy")
"""By the engine, which knows of what it has made and of nothing beside it."""


@pytest.fixture(scope="module")
def stack(make: Make) -> Checkout:
    return make("dev", identity=IDENTITY)


def keycloak(stack: Checkout) -> Keycloak:
    known = secret(stack.stack, KEYCLOAK_ADMINISTRATOR, KEYCLOAK_ADMINISTRATOR)
    return Keycloak(f"http://127.0.0.1:{PORT}", "master", ADMINISTRATOR, known)


def identifiers(stack: Checkout) -> dict[str, str]:
    """What tells this realm, its client and its people from others of the same names."""
    server = keycloak(stack)
    [client] = server.get(f"{REALM}/clients", clientId=HUB_CLIENT)
    people = {user["username"]: user["id"] for user in server.get(f"{REALM}/users")}
    return {**people, "the client": client["id"], "its secret": client["secret"]}


def settled(stack: Checkout) -> None:
    state = declared_in(stack.deployed())
    assert {found["urn"] for found in state} == {resource.urn for resource in stack.declared().resources}
    assert f" {len(state) + 1} unchanged" in stack.deploy("up")


def test_it_is_made_once_and_repaired(stack: Checkout) -> None:
    stack.deploy("up")
    settled(stack)
    before = identifiers(stack)
    server = keycloak(stack)
    server.put(REALM, {"registrationAllowed": True})
    kubectl("delete", "deployment", SERVER, f"--namespace={stack.stack}")
    stack.deploy("up")
    assert server.get(REALM)["registrationAllowed"] is False
    assert identifiers(stack) == before


def test_what_nobody_declares_goes_too(stack: Checkout) -> None:
    for name in UNSEEN:
        change, _ = DRIFTS[name]
        change(Drift(keycloak(stack), agreed("jupyterhub")))
    said = stack.deploy("up")
    assert [name for name in UNSEEN if DRIFTS[name][1] not in said] == []
    assert "everything of the realm is as it should be" in stack.deploy("up")
    settled(stack)


def test_a_stack_that_comes_back_finds_its_people(stack: Checkout) -> None:
    before, server = identifiers(stack), keycloak(stack)
    server.put(f"{REALM}/users/{before['alice']}", {"firstName": "Alice", "enabled": False})
    stack.deploy("destroy")
    stack.deploy("up")
    assert identifiers(stack) == before
    [alice] = server.get(f"{REALM}/users", username="alice", exact="true")
    assert (alice["firstName"], alice["enabled"]) == ("Alice", False)
    settled(stack)


def test_it_is_handed_over_and_back(stack: Checkout) -> None:
    stack.deploy("up")
    before = identifiers(stack)
    stack.deploy("move", "--to=kubectl")
    assert identifiers(stack) == before
    assert "everything of the realm is as it should be" in stack.deploy("up", "--way=kubectl")
    stack.deploy("move", "--to=engine")
    assert identifiers(stack) == before
    settled(stack)
