"""`make up` with the real engine: killed at any moment it goes on, and what people cannot make again outlives it."""

import pytest

from preview.naming import kind_of
from tests.e2e.cluster import objects
from tests.engine.checkout import Checkout, declared_in
from tests.engine.cluster import exists, identity, labelled, secret_values, uids
from tests.engine.conftest import Make
from tests.engine.kill import Moment, begun, kill, made

pytestmark = [pytest.mark.engine]
MOMENTS = {
    "first": made(1),
    "a few more": made(4),
    "more": made(8),
    "more still": made(8),
    "rollout": begun("Deployment", "hub"),
}


@pytest.fixture(scope="module")
def stack(make: Make) -> Checkout:
    return make("password")


def converges(stack: Checkout) -> None:
    """One more `make up`, and everything is as if it had never been killed."""
    stack.deploy("up")
    state = stack.deployed()
    stored = declared_in(state)
    assert {found["urn"] for found in stored} == {resource.urn for resource in stack.declared().resources}
    assert not state.get("pending_operations")
    assert labelled(stack.namespaces) == {
        identity(found["outputs"]) for found in stored if found["type"].startswith("kubernetes:")
    }
    running = [pod["metadata"]["name"] for pod in objects("pods", stack.stack)]
    assert len(running) == 2, running
    assert f" {len(stored) + 1} unchanged" in stack.deploy("up")


def test_killed_again_and_again_it_goes_on_with_the_same_secrets(stack: Checkout) -> None:
    seen: dict[str, str] = {}
    for moment in MOMENTS.values():
        kill(stack, "up", moment)
        seen = secret_values(stack.namespaces) | seen
    converges(stack)
    assert len(seen) == 5
    assert secret_values(stack.namespaces) == seen


def test_no_part_of_the_state_is_written_in_place(stack: Checkout) -> None:
    """A kill in the middle would leave it empty, and the engine would read no state any more."""
    stack.deploy("up")
    backend = stack.engine_directory.parent.parent / "backend"
    written = {path.name for path in backend.rglob(f"{stack.stack}*")}
    assert f"{stack.stack}.json" in written
    assert [name for name in written if name.endswith(".attrs")] == []


def test_destroy_keeps_what_nobody_can_make_again(stack: Checkout) -> None:
    stack.deploy("up")
    values, claims = secret_values(stack.namespaces), uids("persistentvolumeclaims", stack.namespaces)
    said = stack.deploy("destroy")
    kept = {
        identity({"kind": kind_of(resource), **resource.inputs})
        for resource in stack.declared().resources
        if resource.is_kubernetes and resource.protect
    }
    assert labelled(stack.namespaces) == kept
    assert [name for kind, _, name in kept if kind in ("Secret", "PersistentVolumeClaim") and name not in said] == []

    stack.deploy("up")
    assert secret_values(stack.namespaces) == values
    assert uids("persistentvolumeclaims", stack.namespaces) == claims


def test_what_is_no_longer_declared_is_kept_where_its_loss_would_be_one(stack: Checkout) -> None:
    token = {"name": "usage-report", "scopes": ["list:users"], "token": {"kind": "generated"}}
    with stack.changed({"hub.services": [token]}):
        stack.deploy("up")
        values = secret_values(stack.namespaces)
    assert "is no longer declared, and kept for the data it holds" in stack.deploy("up")
    assert secret_values(stack.namespaces) == values
    assert f" {len(declared_in(stack.deployed())) + 1} unchanged" in stack.deploy("up")


def test_destroy_with_the_data_leaves_nothing(stack: Checkout) -> None:
    stack.deploy("up")
    assert "nothing is left" in stack.deploy("destroy", "--data=delete")
    assert [namespace for namespace in stack.namespaces if exists(namespace)] == []
    assert "is not on the cluster" in stack.deploy("destroy", "--data=delete")


@pytest.mark.soak
@pytest.mark.parametrize("moment", [made(count) for count in range(1, 36, 3)], ids=range(1, 36, 3))
def test_killed_at_any_resource_it_goes_on(make: Make, moment: Moment) -> None:
    stack = make("password")
    kill(stack, "up", moment)
    seen = secret_values(name for name in stack.namespaces if exists(name))
    converges(stack)
    assert secret_values(stack.namespaces).items() >= seen.items()
    stack.remove()
