"""Where servers go, and what is there before somebody waits for one: the users' scheduler, placeholders and the puller."""

import json
import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.paths import KUBECONFIG, KUBECTL
from settings.domain import millicores_of
from settings.load import ROOT
from tests.e2e import surroundings
from tests.e2e.cluster import eventually, kubectl, objects, pod_of
from tests.lab.hub_session import HubSession
from tests.lab.try_out import Namespace, new_namespace, pod

pytestmark = pytest.mark.lab
STACK, PLATFORM, USERS = "urbalurba-lab", "urbalurba", "urbalurba-users"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a stack that lives for one test run
PORT = 8031
SCHEDULER = f"{PLATFORM}-user-scheduler"
NODE = "jupyterhub-lab"
OUR_PODS = "app.kubernetes.io/part-of=jupyterhub-platform"
Start = Callable[[], dict[str, Any]]
UNREAL = "scheduling.example.org/unreal"


def make(verb: str) -> None:
    environment = os.environ | {"CI": "true"}
    subprocess.run(["make", verb, f"STACK={STACK}"], cwd=ROOT, check=True, env=environment, timeout=900)


@pytest.fixture(scope="module", autouse=True)
def fresh() -> None:
    """The stack, brought up from nothing, so that the order in which its parts came can be told."""
    surroundings.namespace(PLATFORM)
    surroundings.secret(PLATFORM, "urbalurba-secrets", {"JUPYTERHUB_AUTH_PASSWORD": PASSWORD})
    if objects("deployment", PLATFORM):
        make("destroy")
    make("up")


@pytest.fixture(scope="module")
def hub(fresh: None) -> Generator[str]:
    line = [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "--namespace", PLATFORM, "port-forward"]
    with subprocess.Popen([*line, "service/proxy-public", f"{PORT}:80"], stdout=subprocess.PIPE, text=True) as forward:
        assert forward.stdout
        assert str(PORT) in forward.stdout.readline()
        yield f"http://127.0.0.1:{PORT}"
        forward.terminate()


@pytest.fixture
def start(hub: str) -> Iterator[Start]:
    """Alice logs in and starts her server; it ends with the test."""
    here: list[HubSession] = []

    def started() -> dict[str, Any]:
        alice = HubSession(hub, "alice", PASSWORD)
        here.append(alice)
        alice.start()
        eventually("alice's server runs", lambda: bool(alice.server.get("ready")), 120)
        return pod_of(USERS, "alice")

    yield started
    for person in here:
        person.stop()
    eventually("alice's server is gone", lambda: not objects("pod", USERS), 60)


def of(component: str, kind: str = "pod") -> list[dict[str, Any]]:
    found = objects(kind, PLATFORM, "--selector", f"app.kubernetes.io/component={component}")
    return [each for each in found if "deletionTimestamp" not in each["metadata"]]


def leader() -> str:
    """The pod of the scheduler that works; the others wait."""
    [lease] = [each for each in objects("lease", PLATFORM) if each["metadata"]["name"] == "user-scheduler"]
    return lease["spec"].get("holderIdentity", "").partition("_")[0]


def scheduled_by(placed_pod: dict[str, Any]) -> set[str]:
    selector = f"involvedObject.uid={placed_pod['metadata']['uid']},reason=Scheduled"
    placed = objects("event", placed_pod["metadata"]["namespace"], "--field-selector", selector)
    return {event.get("reportingComponent") or event["source"]["component"] for event in placed}


def readiness(found: dict[str, Any]) -> dict[str, Any]:
    return next(
        (each for each in found["status"].get("conditions", []) if each["type"] == "Ready"), {"status": "Unknown"}
    )


def test_every_node_had_the_images_before_the_hub_came() -> None:
    [puller] = of("image-puller", "daemonset")
    [server_image] = [each["image"] for each in puller["spec"]["template"]["spec"]["containers"]]
    assert "/pyspark:" in server_image
    assert puller["status"]["numberReady"] == puller["status"]["desiredNumberScheduled"] == 1
    [pulled], [hub] = of("image-puller"), of("hub", "deployment")
    assert readiness(pulled)["status"] == "True"
    assert readiness(pulled)["lastTransitionTime"] <= hub["metadata"]["creationTimestamp"]


def test_a_server_is_placed_by_the_one_of_two_schedulers_that_works(start: Start) -> None:
    schedulers = {each["metadata"]["name"] for each in of("user-scheduler")}
    assert len(schedulers) == 2
    eventually("one of them leads", lambda: leader() in schedulers, 30)
    server = start()
    assert server["spec"]["schedulerName"] == SCHEDULER
    assert server["spec"]["priorityClassName"] == f"{PLATFORM}-users"
    assert scheduled_by(server) == {SCHEDULER}


def test_the_other_takes_over_when_the_one_that_works_goes(start: Start) -> None:
    before = leader()
    kubectl("delete", "pod", before, "--namespace", PLATFORM, "--wait=false")
    eventually("another scheduler leads", lambda: leader() not in {before, ""}, 30)
    server = start()
    assert scheduled_by(server) == {SCHEDULER}
    eventually("there are two schedulers again", lambda: are_ready("user-scheduler", 2), 60)


def test_a_placeholder_gives_way_to_a_server_and_waits_for_its_place(start: Start, full_node: Namespace) -> None:
    [placeholder] = of("user-placeholder")
    assert readiness(placeholder)["status"] == "True"
    server = start()
    assert scheduled_by(server) == {SCHEDULER}
    [waiting] = of("user-placeholder")
    assert waiting["metadata"]["name"] != placeholder["metadata"]["name"]
    assert waiting["status"]["phase"] == "Pending"
    full_node.kubectl("delete", "pod", "filler", "--wait=false")
    eventually("room is held for the next server", lambda: are_ready("user-placeholder", 1), 60)


def are_ready(component: str, count: int) -> bool:
    found = of(component)
    return len(found) == count and all(readiness(each)["status"] == "True" for each in found)


@pytest.fixture
def full_node() -> Iterator[Namespace]:
    """The node, with a pod that takes all it had left, so that a server fits only in the place of another pod."""
    with new_namespace("filler") as there:
        eventually("room is held for the next server", lambda: are_ready("user-placeholder", 1), 60)
        [node] = [each for each in objects("node", "default") if each["metadata"]["name"] == NODE]
        pods = objects("pod", "default", "--all-namespaces", "--field-selector", f"spec.nodeName={NODE}")
        taken = sum(_asked(found) for found in pods if found["status"]["phase"] in {"Pending", "Running"})
        left = millicores_of(node["status"]["allocatable"]["cpu"]) - taken
        filler: dict[str, Any] = pod("filler", ())
        filler["spec"]["containers"][0]["resources"] = {"requests": {"cpu": f"{left}m"}}
        there.apply(filler)
        there.kubectl("wait", "pod/filler", "--for=condition=Ready", "--timeout=60s")
        yield there


def _asked(found: dict[str, Any]) -> int:
    """Millicores, as a scheduler counts them."""
    return sum(
        millicores_of(container.get("resources", {}).get("requests", {}).get("cpu", "0"))
        for container in found["spec"]["containers"]
    )


@pytest.fixture
def unreal_nodes() -> Iterator[list[str]]:
    """Two nodes that are alike, as far as a scheduler can see; nothing would ever run there."""
    names, now = ["unreal-one", "unreal-two"], f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    room = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    ready = {"type": "Ready", "status": "True", "reason": "Said", "message": "", "lastHeartbeatTime": now}
    status = {"status": {"allocatable": room, "capacity": room, "conditions": [ready | {"lastTransitionTime": now}]}}
    for name in names:
        metadata = {"name": name, "labels": {UNREAL: "yes"}}
        spec = {"taints": [{"key": UNREAL, "effect": "NoSchedule"}]}
        surroundings.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec})
        kubectl("patch", "node", name, "--subresource=status", "--type=merge", "--patch", json.dumps(status))
    yield names
    kubectl("delete", "pod", "--namespace", USERS, "--selector=app in (one,two,three)", "--force", "--grace-period=0")
    kubectl("delete", "node", *names)


@pytest.mark.parametrize(("scheduler", "nodes"), [(SCHEDULER, 1), ("default-scheduler", 2)])
def test_one_node_is_filled_before_the_next_is_taken(unreal_nodes: list[str], scheduler: str, nodes: int) -> None:
    """And the cluster's own scheduler, on the same nodes, takes both."""
    there, taken = Namespace(USERS), set[str]()
    for name in ("one", "two", "three"):
        described: dict[str, Any] = pod(name, ())
        described["spec"] |= {
            "schedulerName": scheduler,
            "nodeSelector": {UNREAL: "yes"},
            "tolerations": [{"key": UNREAL, "operator": "Exists"}],
        }
        size = {"cpu": "50m", "memory": "64Mi"}
        described["spec"]["containers"][0]["resources"] = {"requests": size, "limits": size}
        there.apply(described)
        eventually(f"{name} has a node", lambda name=name: bool(node_of(name)), 30)
        taken.add(node_of(name))
    assert taken <= set(unreal_nodes)
    assert len(taken) == nodes


def node_of(name: str) -> str:
    return kubectl("get", "pod", name, "--namespace", USERS, "--output=jsonpath={.spec.nodeName}")


def test_nothing_of_ours_keeps_the_node_from_being_drained() -> None:
    words = ("--dry-run=server", f"--pod-selector={OUR_PODS}", "--ignore-daemonsets", "--delete-emptydir-data")
    said = kubectl("drain", NODE, *words, "--timeout=20s")
    for component in ("hub", "proxy", "user-scheduler", "user-placeholder"):
        assert f"evicting pod {PLATFORM}/{component}-" in said
