"""What a workload is said to wait for: on objects as a real cluster returned them, each file named by what was wrong."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.verdict import Log, Verdict, Workload, judge

SAMPLES = Path(__file__).parent / "samples"
WEB = Workload("Deployment", "here", "web")
KINDS = {"quota-statefulset": Workload("StatefulSet", "here", "db"), "failed-job": Workload("Job", "here", "once")}

EXPECTED = {
    "crash-loop": ("keeps ending (11 times so far; the last time: Error, exit code 1)", 0, ""),
    "failed-job": ("has failed: Job has reached the specified backoff limit", 0, ""),
    "failing-probe": ("is not ready: Readiness probe failed: Get", None, ""),
    "invalid-image": ("image lab.local/Nothing:here:there cannot be used: Failed to apply default image tag", 0, ""),
    "missing-secret-variable": ('cannot be made: secret "site-secrets" not found', 20, "create that Secret"),
    "missing-secret-volume": ('volume "s" : secret "site-secrets" not found', 20, "create that Secret"),
    "no-node": ("has no node: 0/1 nodes are available: 1 Insufficient memory", 300, "lower the guarantees"),
    "out-of-memory": ("the last time: OOMKilled, exit code 137", 0, "raise its memory limit"),
    "pod-security": ("its pods are refused: pods", 20, "profile that this pod breaks"),
    "quota": ("forbidden: exceeded quota: small, requested: pods=1, used: pods=0", 20, "raise that quota"),
    "quota-statefulset": ("forbidden: exceeded quota: small", 20, "raise that quota"),
    "unbound-claim": ('waits for its claim data: storageclass.storage.k8s.io "fast" not found', 20, "storage class"),
    "unpullable-image": ("image lab.local/nothing:here cannot be pulled: failed to pull", 10, "make images"),
}


def sample(name: str) -> list[dict[str, Any]]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def verdict(name: str, objects: list[dict[str, Any]]) -> Verdict | None:
    return judge(KINDS.get(name, WEB), objects)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_reason_is_told_in_words(name: str) -> None:
    reason, patience, mend = EXPECTED[name]
    found = verdict(name, sample(name))
    assert found is not None
    assert reason in found.reason
    assert found.patience == patience
    assert mend in found.mend
    assert bool(mend) == bool(found.mend)


def test_every_sample_is_judged() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == EXPECTED.keys() | {"ready"}


def test_a_ready_workload_waits_for_nothing() -> None:
    assert verdict("ready", sample("ready")) is None


def test_what_is_not_there_is_waited_for() -> None:
    assert verdict("ready", []) == Verdict("is not there yet")


def test_a_change_nobody_has_looked_at_is_not_ready() -> None:
    """The controller's old counts say nothing about a newer generation."""
    objects = sample("ready")
    objects_of(objects, "Deployment")["metadata"]["generation"] += 1
    assert verdict("ready", objects) == Verdict("has its pods, and Kubernetes has not counted them yet")


def test_a_few_crashes_may_pass() -> None:
    objects = sample("crash-loop")
    objects_of(objects, "Pod")["status"]["containerStatuses"][0]["restartCount"] = 2
    found = verdict("crash-loop", objects)
    assert found is not None
    assert found.patience is None
    assert found.log == Log(objects_of(objects, "Pod")["metadata"]["name"], "main", previous=True)


def test_a_mount_that_came_right_is_no_longer_blamed() -> None:
    objects = sample("missing-secret-volume")
    failed = next(found for found in objects if found.get("reason") == "FailedMount")
    later = copy.deepcopy(failed) | {
        "reason": "Pulling",
        "message": "Pulling image",
        "lastTimestamp": "2099-01-01T00:00:00Z",
    }
    found = verdict("missing-secret-volume", [*objects, later])
    assert found is not None
    assert found.patience is None
    assert found.reason.endswith("Pulling image")


def test_a_pod_that_the_node_refused_is_blamed_until_another_is_on_its_way() -> None:
    objects = sample("failing-probe")
    pod = objects_of(objects, "Pod")
    name = f"{pod['metadata']['name']}-refused"
    refused = copy.deepcopy(pod) | {"status": {"phase": "Failed", "reason": "OutOfcpu"}}
    refused["metadata"] |= {"name": name, "uid": name}
    alone = verdict("failing-probe", [refused if found is pod else found for found in objects])
    assert alone is not None
    assert alone.reason == f"{name} has failed: OutOfcpu"
    assert verdict("failing-probe", [refused, *objects]) == verdict("failing-probe", objects)


def test_pods_of_an_earlier_revision_go_first() -> None:
    objects = sample("ready")
    newer = copy.deepcopy(objects_of(objects, "ReplicaSet"))
    newer["metadata"] |= {"name": "web-new", "uid": "new", "annotations": {"deployment.kubernetes.io/revision": "2"}}
    objects_of(objects, "Deployment")["status"]["updatedReplicas"] = 0
    found = verdict("ready", [*objects, newer])
    assert found == Verdict(f"waits for {objects_of(objects, 'Pod')['metadata']['name']} to end")


def objects_of(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(found for found in objects if found["kind"] == kind)
