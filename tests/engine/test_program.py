"""The program under a plain `pulumi`: what it shows, what it makes, and what it leaves alone."""

import urllib.request
from collections.abc import Sequence
from typing import Any

import pytest

from components.naming import HUB, HUB_PORT, PROXY_PUBLIC_SERVICE
from tests.e2e.cluster import eventually, objects
from tests.engine.checkout import Changes, Checkout, preview, resources, up
from tests.engine.cluster import exists, identity, labelled, secret_values, uids
from tests.engine.conftest import Make

pytestmark = [pytest.mark.engine]


@pytest.fixture(scope="module")
def stack(make: Make) -> Checkout:
    checkout = make("password")
    checkout.init()
    return checkout


@pytest.fixture(scope="module")
def running(stack: Checkout) -> Checkout:
    up(stack)
    return stack


def test_a_preview_of_nothing_names_every_resource(stack: Checkout) -> None:
    declared = {resource.name for resource in stack.declared().resources}
    shown = preview(stack)
    assert shown.steps == dict.fromkeys(declared | {f"jupyterhub-{stack.stack}"}, "create")
    text = stack.pulumi("preview").stdout
    assert [name for name in declared if f" {name} " not in text] == []
    assert not exists(stack.stack)


def test_the_state_holds_what_the_recorder_lists(running: Checkout) -> None:
    recorded = {resource.urn: resource for resource in running.declared().resources}
    stored = {found["urn"]: found for found in resources(running)}
    assert set(stored) == set(recorded)
    assert {u: found.get("protect", False) for u, found in stored.items()} == {
        u: r.protect for u, r in recorded.items()
    }
    objects_of_state = {
        identity(found["outputs"]) for found in stored.values() if found["type"].startswith("kubernetes:")
    }
    assert labelled(running.namespaces) == objects_of_state


def test_the_hub_answers_through_its_services(running: Checkout) -> None:
    addresses = {found["metadata"]["name"]: found["spec"] for found in objects("services", running.stack)}
    for service, port in ((HUB, HUB_PORT), (PROXY_PUBLIC_SERVICE, addresses[PROXY_PUBLIC_SERVICE]["ports"][0]["port"])):
        with urllib.request.urlopen(
            f"http://{addresses[service]['clusterIP']}:{port}/hub/health", timeout=10
        ) as answer:
            assert answer.status == 200


def test_a_second_time_changes_nothing(running: Checkout) -> None:
    nothing = Changes({}, len(resources(running)) + 1)
    assert preview(running) == nothing
    assert up(running) == nothing


def test_no_secret_is_shown_in_the_clear(running: Checkout) -> None:
    known = secret_values(running.namespaces)
    assert len(known) == 5
    with running.changed({"culler.idle": "90m"}):
        for options in (("--json",), ("--diff", "--show-sames")):
            shown = running.pulumi("preview", *options).stdout
            assert "hub-settings" in shown
            assert [place for place, value in known.items() if value in shown] == [], options
    exported = running.pulumi("stack", "export").stdout
    assert [place for place, value in known.items() if value in exported] == []


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ({"culler.idle": "2h"}, {"hub-settings", "hub"}),
        ({"users.profiles.0.title": "Tiny"}, {"hub-settings", "hub"}),
        ({"namespace.quota.memory": "16Gi"}, {"user-quota"}),
        ({"proxy.resources.cpu.limit": 2}, {"proxy"}),
        ({"users.internet": False}, {"singleuser-server-edges"}),
    ],
    ids=["culler", "profile", "quota", "proxy", "policy"],
)
def test_one_setting_touches_only_what_it_should(running: Checkout, change: dict[str, Any], touched: set[str]) -> None:
    with running.changed(change):
        assert preview(running).steps == dict.fromkeys(touched, "update")


def test_a_change_is_made_in_place(running: Checkout) -> None:
    before = {kind: uids(kind, running.namespaces) for kind in ("deployments", "configmaps", "secrets", "services")}
    running.change({"culler.idle": "3h"})
    assert set(up(running).steps.values()) == {"update"}
    eventually("one pod of each", lambda: len(objects("pods", running.stack)) == 2, 30)
    assert {kind: uids(kind, running.namespaces) for kind in before} == before
    assert preview(running).steps == {}


@pytest.fixture(scope="module")
def refused(make: Make) -> Checkout:
    checkout = make("password")
    checkout.init()
    return checkout


PREVIEW, UP = ("preview",), ("up", "--yes", "--skip-preview")
TRAIT = {"hub.traits": {"KubeSpawner": {"image_pull_polcy": "Always"}}}
UNKNOWN_TRAIT = "hub.traits.KubeSpawner.image_pull_polcy: KubeSpawner has no trait image_pull_polcy"
DECLARED = {"identity.password": {"kind": "declared", "name": "login"}}
NOT_GIVEN = "identity.password: nobody has set 'login' yet; run pulumi config set --secret login"
NOWHERE = {"cluster": {"kind": "context", "context": "nowhere"}}
NOT_THERE = "cluster.context: 'nowhere' is not in your kubeconfig"


@pytest.mark.parametrize(
    ("command", "change", "reason"),
    [
        (PREVIEW, NOWHERE, NOT_THERE),
        (UP, NOWHERE, NOT_THERE),
        (PREVIEW, TRAIT, UNKNOWN_TRAIT),
        (UP, TRAIT, UNKNOWN_TRAIT),
        (PREVIEW, DECLARED, NOT_GIVEN),
        (UP, DECLARED, NOT_GIVEN),
        (PREVIEW, {"culler.idle": "soon"}, "culler.idle: 'soon' is not a duration"),
        (UP, {"hub.replicas": 2}, "hub.replicas: "),
    ],
    ids=[
        "context, preview",
        "context, up",
        "trait, preview",
        "trait, up",
        "secret, preview",
        "secret, up",
        "duration, preview",
        "replicas, up",
    ],
)
def test_a_refusal_is_one_clear_message(
    refused: Checkout, command: Sequence[str], change: dict[str, Any], reason: str
) -> None:
    with refused.changed(change):
        done = refused.pulumi(*command, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert said.count(reason) == 1, said
    assert "Traceback" not in said
    assert resources(refused) == []
    assert not exists(refused.stack)
