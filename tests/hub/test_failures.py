"""The cause of a failed start, in words."""

from typing import Any

import pytest

from hub.failures import why_not_started, why_refused


def waiting(reason: str, message: str | None = None) -> dict[str, Any]:
    detail = {"reason": reason} | ({"message": message} if message else {})
    return {"status": {"containerStatuses": [{"name": "notebook", "state": {"waiting": detail}}]}}


def unplaced(message: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": message}]}}


def event(reason: str, message: str) -> dict[str, Any]:
    return {"reason": reason, "message": message}


@pytest.mark.parametrize(
    ("pod", "events", "cause"),
    [
        (None, [], None),
        ({"status": {}}, [event("Scheduled", "ok")], None),
        (waiting("ContainerCreating"), [], None),
        (waiting("ImagePullBackOff", "no such image"), [], "its image could not be pulled (no such image)"),
        (waiting("CrashLoopBackOff"), [event("FailedMount", "x")], "it ended again and again right after its start"),
        ({"status": {}}, [event("FailedScheduling", "0/1 nodes")], "no node has room for it (0/1 nodes)"),
        (
            unplaced("too few GPUs"),
            [event("FailedScheduling", "no home yet")],
            "no node has room for it (too few GPUs)",
        ),
        (
            {"status": {}},
            [event("FailedScheduling", "earlier"), event("Scheduled", "ok"), event("FailedMount", "later")],
            "its home could not be mounted (later)",
        ),
    ],
)
def test_cause(pod: dict[str, Any] | None, events: list[dict[str, Any]], cause: str | None) -> None:
    assert why_not_started(pod, events) == cause


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (403, 'pods "x" is forbidden: exceeded quota: servers', "no room for another server"),
        (403, 'pods "x" is forbidden: violates PodSecurity "restricted"', "security rules"),
        (500, "etcdserver: request timed out", "the cluster does not answer now"),
        (422, "spec.containers: Invalid value", "the cluster refused it (spec.containers: Invalid value)"),
    ],
)
def test_refused(status: int, message: str, words: str) -> None:
    assert words in why_refused(status, message)
