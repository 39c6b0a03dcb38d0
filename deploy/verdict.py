"""Why a workload is not ready yet, and whether waiting can still help. Pure: objects of the API in, words out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from deploy.kubectl import Manifest
from deploy.observed import Observed, condition

WATCHED: Final = (
    *("deployments", "statefulsets", "daemonsets", "jobs"),
    *("replicasets", "pods", "persistentvolumeclaims", "events"),
)
_CRASHES: Final = 4
"""Kubernetes restarts at once, then after 10, 20 and 40 s: whatever a pod waits for has had more than a minute."""
_SETTLING: Final = 20.0
"""Seconds in which a missing object may still be made, or another pod may leave a quota."""
_NO_NODE: Final = 300.0
"""Seconds in which a cluster that grows by itself has found another node."""
_FOR_GOOD: Final = re.compile(
    r"not found|denied|unauthorized|forbidden|no such host|manifest unknown|does not exist", re.I
)

_MENDS: Final = (
    ("exceeded quota", "raise that quota, or stop what fills it"),
    ("of an earlier revision", "delete that pod with kubectl; its claim stays"),
    ("PodSecurity", "the namespace enforces a profile that this pod breaks; the program or the image has to change"),
    ("Insufficient", "lower the guarantees in the stack file, or give the cluster a larger node"),
    ("unbound immediate PersistentVolumeClaims", "name a storage class of this cluster in the storage section"),
    ("storageclass", "name a storage class of this cluster in the storage section"),
    ("secret ", "create that Secret, or correct its name in the stack file"),
    ("OOMKilled", "raise its memory limit in the stack file"),
    ("cannot be pulled", "load or push it with `make images`, and see that the nodes may read the registry"),
)


@dataclass(frozen=True)
class Workload:
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Log:
    """Whose last lines say more."""

    pod: str
    container: str
    previous: bool
    """Those of the container before its restart."""


@dataclass(frozen=True)
class Verdict:
    """What keeps a workload from being ready."""

    reason: str
    patience: float | None = None
    """After how many seconds of this same reason waiting is pointless; None where it may pass by itself."""
    log: Log | None = None
    generation: int = field(default=0, compare=False)
    """Which wish of the workload's this is about; 0 while there is none."""

    @property
    def mend(self) -> str:
        return next((mend for sign, mend in _MENDS if sign in self.reason), "")


def judge(workload: Workload, objects: Iterable[Manifest]) -> Verdict | None:
    """None when the workload is ready. `objects` are those of its namespace."""
    seen = Observed(objects)
    found = seen.named(workload.kind, workload.name)
    if found is None:
        return Verdict("is not there yet")
    verdict = None if _ready(found) else _unready(found, seen)
    return verdict and replace(verdict, generation=found["metadata"].get("generation", 0))


def _unready(found: Manifest, seen: Observed) -> Verdict:
    if failed := condition(found, "Failed"):
        return Verdict(f"has failed: {failed.get('message', '')}", 0)
    pods = seen.pods_of(found)
    # One that has failed stays to be looked at, also when its successor is on its way.
    on_the_way = [pod for pod in pods if pod.get("status", {}).get("phase") != "Failed"] or pods
    wanted = found.get("status", {}).get("updateRevision")
    verdicts = [verdict for pod in on_the_way if (verdict := _outdated(pod, wanted) or _pod(pod, seen))]
    if verdicts:
        return min(verdicts, key=lambda v: float("inf") if v.patience is None else v.patience)
    return Verdict("has its pods, and Kubernetes has not counted them yet") if pods else _no_pods(found, seen)


def _ready(found: Manifest) -> bool:
    spec, status = found["spec"], found.get("status", {})
    if found["kind"] == "Job":
        return status.get("succeeded", 0) >= spec.get("completions", 1)
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0):
        return False
    if found["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return wanted == status.get("updatedNumberScheduled", 0) == status.get("numberAvailable", 0)
    counts = (status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas"))
    return all(count == spec.get("replicas", 1) for count in counts)


def _no_pods(found: Manifest, seen: Observed) -> Verdict:
    """Either the pods are refused, or earlier ones have to go first."""
    maker = seen.newest(found) if found["kind"] == "Deployment" else found
    refused = condition(maker, "ReplicaFailure") or condition(found, "ReplicaFailure")
    if maker and refused is None:
        last = seen.last_event(maker, "FailedCreate", "SuccessfulCreate")
        refused = last if last and last["reason"] == "FailedCreate" else None
    if refused:
        return Verdict(f"its pods are refused: {refused.get('message', '')}", _SETTLING)
    earlier = [pod["metadata"]["name"] for owned in seen.owned_by(found, "ReplicaSet") for pod in seen.pods_of(owned)]
    return Verdict(f"waits for {earlier[0]} to end" if earlier else "has no pod yet")


def _outdated(pod: Manifest, wanted: str | None) -> Verdict | None:
    """A StatefulSet replaces its pods once they are ready, and so never one that cannot become ready."""
    revision = pod["metadata"].get("labels", {}).get("controller-revision-hash")
    if wanted is None or revision == wanted or condition(pod, "Ready") or "deletionTimestamp" in pod["metadata"]:
        return None
    return Verdict(
        f"{pod['metadata']['name']} is of an earlier revision and not ready, so it is not replaced", _SETTLING
    )


def _pod(pod: Manifest, seen: Observed) -> Verdict | None:
    """None when the pod is ready."""
    name, status = pod["metadata"]["name"], pod.get("status", {})
    if condition(pod, "Ready"):
        return None
    if "deletionTimestamp" in pod["metadata"]:
        return Verdict(f"{name} is ending")
    if status.get("phase") == "Failed":
        return Verdict(f"{name} has failed: {status.get('message') or status.get('reason', '')}")
    if unscheduled := condition(pod, "PodScheduled", "False"):
        return _unscheduled(pod, str(unscheduled.get("message", "")), seen)
    containers = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    verdicts = [verdict for container in containers if (verdict := _container(pod, container, seen))]
    return verdicts[0] if verdicts else _starting(pod, seen)


def _unscheduled(pod: Manifest, message: str, seen: Observed) -> Verdict:
    name = pod["metadata"]["name"]
    for volume in pod["spec"].get("volumes", ()):
        claim = seen.named("PersistentVolumeClaim", volume.get("persistentVolumeClaim", {}).get("claimName", ""))
        failed = seen.last_event(claim, "ProvisioningFailed", "FailedBinding") if claim else None
        if claim and failed and claim.get("status", {}).get("phase") != "Bound":
            why = str(failed.get("message", ""))
            reason = f"{name} waits for its claim {claim['metadata']['name']}: {why}"
            return Verdict(reason, _SETTLING if _FOR_GOOD.search(why) else None)
    return Verdict(f"{name} has no node: {message or 'the scheduler has not looked at it yet'}", _NO_NODE)


def _container(pod: Manifest, container: Mapping[str, Any], seen: Observed) -> Verdict | None:
    """None when this container is not what the pod waits for."""
    state = container.get("state", {})
    waiting, ended = state.get("waiting", {}), state.get("terminated", {})
    if container.get("ready") or ended.get("exitCode") == 0:
        return None
    if "running" in state:
        return _not_ready(pod, container, seen)
    reason = str(waiting.get("reason", ""))
    if ended or reason == "CrashLoopBackOff":
        return _crashed(pod, container)
    return _not_made(pod, container, reason, str(waiting.get("message", "")), seen)


def _not_made(pod: Manifest, container: Mapping[str, Any], reason: str, message: str, seen: Observed) -> Verdict:
    where, image = _where(pod, container), container.get("image", "")
    match reason:
        case "InvalidImageName" | "ErrImageNeverPull":
            return Verdict(f"{where}: image {image} cannot be used: {message or reason}", 0)
        case "ErrImagePull" | "ImagePullBackOff":
            event = seen.last_event(pod, "Failed") or {}
            why = message if reason == "ErrImagePull" or ": " in message else str(event.get("message", message))
            return Verdict(f"{where}: image {image} cannot be pulled: {why}", 10 if _FOR_GOOD.search(why) else None)
        case "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError":
            return Verdict(f"{where} cannot be made: {message}", _SETTLING)
        case _:
            return _starting(pod, seen)


def _crashed(pod: Manifest, container: Mapping[str, Any]) -> Verdict:
    state = container.get("state", {})
    ended: Mapping[str, Any] = state.get("terminated") or container.get("lastState", {}).get("terminated", {})
    times = container.get("restartCount", 0) + 1
    how = f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode', 'unknown')}"
    return Verdict(
        f"{_where(pod, container)} keeps ending ({times} times so far; the last time: {how})",
        0 if times >= _CRASHES else None,
        Log(pod["metadata"]["name"], container["name"], previous="terminated" not in state),
    )


def _where(pod: Manifest, container: Mapping[str, Any]) -> str:
    return f"{pod['metadata']['name']}, container {container['name']}"


def _not_ready(pod: Manifest, container: Mapping[str, Any], seen: Observed) -> Verdict:
    name = pod["metadata"]["name"]
    unhealthy = seen.last_event(pod, "Unhealthy")
    why = unhealthy.get("message", "") if unhealthy else "it has not been asked yet"
    restarts = container.get("restartCount", 0)
    again = f" (restarted {restarts} times)" if restarts else ""
    return Verdict(f"{name} runs but is not ready{again}: {why}", log=Log(name, container["name"], previous=False))


def _starting(pod: Manifest, seen: Observed) -> Verdict:
    name = pod["metadata"]["name"]
    failures = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
    last = seen.last_event(pod, *failures, "Pulling", "Pulled", "Created")
    if last and last["reason"] in failures:
        why = str(last.get("message", ""))
        final = last["reason"] == "FailedMount" and "not found" in why
        return Verdict(f"{name} cannot start: {why}", _SETTLING if final else None)
    return Verdict(f"{name}: {last.get('message', '')}" if last else f"{name} is starting")
