"""Who may start what, against a real hub: by the form, by links and by the API, with GPUs and through an outage."""

import json
import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from images.catalogue import lab_reference
from settings.load import ROOT
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl, objects, pod_of, secret
from tests.hub import control_api
from tests.lab.hub_session import HubSession

pytestmark = pytest.mark.lab
HUB = "http://127.0.0.1:8020"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a stack that lives for one test run
PLATFORM, USERS, CONTROL, LAKE = "profiles", "profiles-users", "profiles-control", "profiles-lake"
NODE = "jupyterhub-lab"
GPU = "example.com/gpu"
FOUND = 'value="found-notebook"'
As = Callable[[str], HubSession]


@pytest.fixture(scope="module", autouse=True)
def there() -> Iterator[None]:
    for name in (PLATFORM, CONTROL, LAKE):
        surroundings.namespace(name)
    surroundings.secret(PLATFORM, "site-secrets", {"password": PASSWORD})
    images = [surroundings.image("notebook"), "lab.local/elsewhere:1"]
    surroundings.control_api(CONTROL, images, [control_api.node(NODE, 2, "8Gi", 1)])
    surroundings.runtime_class("lab-gpu")
    surroundings.devices(GPU, 1)
    subprocess.run(["make", "up", "STACK=profiles"], cwd=ROOT, check=True, env=os.environ | {"CI": "true"}, timeout=600)
    surroundings.secret(USERS, "lake-access", {"token": "of the analysts' lake"})
    yield
    surroundings.devices(GPU, None)
    kubectl("delete", "namespace", CONTROL, "--wait=false")


@pytest.fixture(scope="module")
def as_person(there: None) -> As:
    seated: dict[str, HubSession] = {}

    def seat(name: str) -> HubSession:
        if name not in seated:
            seated[name] = HubSession(HUB, name, PASSWORD)
            if seated[name].server:
                seated[name].stop()
        return seated[name]

    return seat


def test_the_form_shows_what_a_person_may_have_and_nothing_else(as_person: As) -> None:
    form = as_person("bob").page("/spawn").text
    assert 'value="small"' in form
    assert 'name="cpu:small"' in form
    assert 'value="large"' not in form
    assert 'value="gpu"' not in form
    form = as_person("alice").page("/spawn").text
    for name in ("small", "large", "gpu", "discovered"):
        assert f'value="{name}"' in form
    assert FOUND in form
    assert f'value="{NODE}"' in form


@pytest.mark.parametrize(
    ("person", "options", "reason"),
    [
        ("bob", {"profile": "large"}, "no profile 'large' for you; choose one of small"),
        ("bob", {"profile": "small", "image": "evil/image"}, "offers no choice of image"),
        ("bob", {"profile": "small", "cpu": "2"}, "there is no cpu '2'; choose one of 1, 500m"),
        ("bob", {"profile": "small", "node": NODE}, "offers no choice of node"),
        ("alice", {"profile": "discovered", "image": "evil.example.com/library/evil:1"}, "there is no image"),
        ("alice", {"profile": "discovered", "gpu": "2"}, "there is no gpu '2'; choose one of 0, 1"),
        ("alice", {"profile": "discovered", "node": "elsewhere"}, "there is no node 'elsewhere'"),
        ("alice", {"profile": "gpu", "gpu": "2"}, "offers no choice of gpu"),
    ],
)
def test_what_was_not_offered_is_refused_with_the_reason(
    as_person: As, person: str, options: dict[str, Any], reason: str
) -> None:
    answer = as_person(person).start(options)
    assert answer.status_code == 400
    assert reason in answer.json()["message"]
    assert reason.split(";", maxsplit=1)[0] in as_person(person).submit(options).text.replace("&#39;", "'")
    assert not objects("pod", USERS, "--selector", f"hub.jupyter.org/username={person}")


def test_a_service_may_do_what_its_scopes_say_and_no_more() -> None:
    import requests  # noqa: PLC0415 - the only one without a login

    token = secret(PLATFORM, "service-usage-report-token", "service-usage-report-token")
    header = {"Authorization": f"token {token}"}
    assert requests.get(f"{HUB}/hub/api/users", headers=header, timeout=30).status_code == 200
    assert requests.post(f"{HUB}/hub/api/users/bob/server", headers=header, timeout=30).status_code in {403, 404}


def test_a_role_is_for_the_members_of_its_group(as_person: As) -> None:
    listed = as_person("carol").api("GET", "/users")
    assert {person["name"] for person in listed.json()} >= {"alice", "bob", "carol"}
    assert as_person("alice").api("GET", "/users").status_code == 403


def test_choices_outlive_the_api_that_gave_them_and_the_hub(as_person: As) -> None:
    assert FOUND in as_person("alice").page("/spawn").text
    kubectl("scale", "deployment/backend", "--namespace", CONTROL, "--replicas=0")
    try:
        _restart_hub()
        form = as_person("alice").page("/spawn")
        assert FOUND in form.text
        assert form.elapsed.total_seconds() < 10
    finally:
        kubectl("scale", "deployment/backend", "--namespace", CONTROL, "--replicas=1")


def test_a_server_gets_the_one_gpu_and_the_next_one_says_why_it_waits(as_person: As) -> None:
    carol = as_person("carol")
    with running(as_person("alice"), {"profile": "gpu"}) as spec:
        assert spec["runtimeClassName"] == "lab-gpu"
        assert spec["containers"][0]["resources"]["limits"][GPU] == "1"
        assert {"key": GPU, "operator": "Exists", "effect": "NoSchedule"} in spec["tolerations"]
        assert carol.start({"profile": "discovered", "gpu": "1", "node": NODE}).ok
        eventually("carol's server is given up", lambda: not carol.server.get("pending"), 120)
        assert f"Insufficient {GPU}" in carol.page("/spawn-pending/carol").text


def test_a_person_gets_what_they_chose_of_what_the_cluster_has(as_person: As) -> None:
    options = {
        "profile": "discovered",
        "image": "found-notebook",
        "cpu": "1",
        "memory": "1Gi",
        "gpu": "0",
        "node": NODE,
    }
    with running(as_person("alice"), options) as spec:
        notebook = spec["containers"][0]
    assert notebook["image"] == lab_reference("notebook")
    assert notebook["resources"]["limits"] == {"cpu": "1", "memory": str(2**30)}
    assert {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"} in notebook["env"]
    asked = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert [field["values"] for term in asked for field in term["matchFields"]] == [[NODE]]


def test_a_profile_with_limits_of_its_own_is_stopped_by_them_and_the_others_are_not(as_person: As) -> None:
    alice, bob = as_person("alice"), as_person("bob")
    with running(bob, {"profile": "small"}), running(alice, {"profile": "large"}):
        eventually("the large one is stopped", lambda: not alice.server, 90)
        assert bob.server.get("ready")


def test_a_person_has_as_many_named_servers_as_the_stack_says_and_none_after_the_logout(as_person: As) -> None:
    bob = as_person("bob")
    assert bob.start({"profile": "small"}).ok
    assert bob.start({"profile": "small"}, name="second").ok
    refused = bob.start({"profile": "small"}, name="third")
    assert refused.status_code == 400
    assert "maximum of 1 named servers" in refused.json()["message"]
    eventually("the second server runs", lambda: bool(bob.servers["second"].get("ready")), 90)
    pods = objects("pod", USERS, "--selector", "hub.jupyter.org/username=bob")
    homes = [
        volume["persistentVolumeClaim"]["claimName"]
        for pod in pods
        for volume in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    ]
    assert len(set(homes)) == len(pods)
    bob.page("/logout")
    eventually(
        "bob's servers are gone", lambda: not objects("pod", USERS, "--selector", "hub.jupyter.org/username=bob"), 60
    )


def test_who_left_a_group_starts_nothing_of_it_even_without_a_new_login(as_person: As) -> None:
    alice = as_person("alice")
    with changed_settings(lambda said: said["login"]["groups"]["analysts"].remove("alice")):
        answer = alice.start({"profile": "large"})
        assert answer.status_code == 400
        assert "no profile 'large' for you; choose one of small" in answer.json()["message"]
        assert 'value="large"' not in alice.page("/spawn").text
    assert 'value="large"' in alice.page("/spawn").text


@contextmanager
def running(person: HubSession, options: dict[str, str]) -> Generator[dict[str, Any]]:
    """A server of theirs as the cluster runs it, started by the form."""
    assert person.submit(options).ok
    try:
        eventually(f"{person.name}'s server runs", lambda: bool(person.server.get("ready")), 90)
        yield pod_of(USERS, person.name)["spec"]
    finally:
        person.stop()


class changed_settings:  # noqa: N801 - reads as a verb
    """The hub's settings with a change, until the end."""

    def __init__(self, change: Callable[[dict[str, Any]], None]) -> None:
        (config,) = [each for each in objects("configmap", PLATFORM) if "settings.json" in each.get("data", {})]
        self._name = config["metadata"]["name"]
        self._before = config["data"]["settings.json"]
        said = json.loads(self._before)
        change(said)
        self._after = json.dumps(said)

    def __enter__(self) -> None:
        self._write(self._after)

    def __exit__(self, *_: object) -> None:
        self._write(self._before)

    def _write(self, text: str) -> None:
        patch = json.dumps({"data": {"settings.json": text}})
        kubectl("patch", "configmap", self._name, "--namespace", PLATFORM, "--type=merge", "--patch", patch)
        _restart_hub()


def _restart_hub() -> None:
    kubectl("delete", "pod", "--namespace", PLATFORM, "--selector", "app.kubernetes.io/component=hub")
    kubectl("rollout", "status", "deployment/hub", "--namespace", PLATFORM, "--timeout=120s")
