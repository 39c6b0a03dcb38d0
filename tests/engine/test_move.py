"""A running stack handed from kubectl to the engine and back: the same objects, the same secrets, the same data."""

import pytest

from tests.engine.checkout import Checkout, declared_in
from tests.engine.cluster import secret_values, uids
from tests.engine.conftest import Make

pytestmark = [pytest.mark.engine]
KINDS = ("secrets", "persistentvolumeclaims", "services", "deployments", "pods")


def kept(stack: Checkout) -> dict[str, dict[str, str]]:
    return {"values": secret_values(stack.namespaces)} | {kind: uids(kind, stack.namespaces) for kind in KINDS}


def test_a_stack_is_moved_there_and_back(make: Make) -> None:
    stack = make("password")
    stack.deploy("up", "--way=kubectl")
    before = kept(stack)
    assert len(before["values"]) == 5

    stack.deploy("move", "--to=engine")
    assert kept(stack) == before
    state = declared_in(stack.deployed())
    assert {found["urn"] for found in state} == {resource.urn for resource in stack.declared().resources}
    assert f" {len(state) + 1} unchanged" in stack.deploy("up")

    stack.deploy("move", "--to=kubectl")
    assert kept(stack) == before
    count = sum(resource.is_kubernetes for resource in stack.declared().resources)
    assert f" {count} objects were as they should be" in stack.deploy("up", "--way=kubectl")
