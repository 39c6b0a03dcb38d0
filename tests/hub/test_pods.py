"""What a pod tells: the tables behind poll and behind taking over a pod."""

from typing import Any

import pytest

from hub.homes import Owner
from hub.pods import Answer, Standing, Stopped, api_token_of, standing, verdict


def pod(phase: str = "Running", state: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    other: dict[str, Any] = {"name": "other", "state": {"terminated": {}}}
    statuses = {} if state is None else {"containerStatuses": [{"name": "notebook", "state": state}, other]}
    annotations = {"hub.jupyter.org/username": "ann"}
    return {
        "metadata": {"annotations": annotations, **metadata},
        "status": {"phase": phase, **statuses},
    }


@pytest.mark.parametrize(
    ("seen", "stopped"),
    [
        (Answer.SILENT, None),
        (Answer.ABSENT, Stopped(1)),
        (pod("Pending"), None),
        (pod("Pending", {"waiting": {"reason": "ImagePullBackOff"}}), None),
        (pod("Running"), None),
        (pod("Running", {"running": {}}), None),
        (pod("Running", {"waiting": {"reason": "CrashLoopBackOff"}}), None),
        (pod("Unknown"), None),
        (pod("Running", {"running": {}}, deletionTimestamp="2026-01-01T00:00:00Z"), None),
        (pod("Running", {"terminated": {"exitCode": 0}}), Stopped(0)),
        (pod("Running", {"terminated": {"exitCode": 137}}), Stopped(137)),
        (pod("Succeeded"), Stopped(0)),
        (pod("Failed"), Stopped(1)),
        (pod("Failed", {"terminated": {"exitCode": 3}}), Stopped(3)),
    ],
)
def test_stopped_needs_evidence(seen: dict[str, Any] | Answer, stopped: Stopped | None) -> None:
    assert verdict(seen) == stopped


@pytest.mark.parametrize(
    ("existing", "owner", "what"),
    [
        (pod("Running", {"running": {}}), Owner("ann", ""), Standing.KEEP),
        (pod("Pending"), Owner("ann", ""), Standing.KEEP),
        (pod("Running", {"running": {}}, deletionTimestamp="2026-01-01T00:00:00Z"), Owner("ann", ""), Standing.WAIT),
        (pod("Running", {"terminated": {"exitCode": 1}}), Owner("ann", ""), Standing.REMOVE),
        (pod("Failed"), Owner("ann", ""), Standing.REMOVE),
        (pod("Running", {"running": {}}), Owner("bob", ""), Standing.FOREIGN),
        (pod("Running", {"running": {}}), Owner("ann", "work"), Standing.FOREIGN),
        (pod("Running", {"running": {}}, annotations=None), Owner("ann", ""), Standing.FOREIGN),
    ],
)
def test_a_pod_that_is_there_already(existing: dict[str, Any], owner: Owner, what: Standing) -> None:
    assert standing(existing, owner) is what


TOKENS: list[tuple[list[dict[str, Any]] | None, str | None]] = [
    ([{"name": "A", "value": "1"}, {"name": "JUPYTERHUB_API_TOKEN", "value": "t"}], "t"),
    ([{"name": "JUPYTERHUB_API_TOKEN", "valueFrom": {}}], None),
    (None, None),
]


@pytest.mark.parametrize(("env", "token"), TOKENS)
def test_the_token_inside(env: list[dict[str, Any]] | None, token: str | None) -> None:
    containers = [
        {"name": "sidecar", "env": [{"name": "JUPYTERHUB_API_TOKEN", "value": "wrong"}]},
        {"name": "notebook", "env": env},
    ]
    assert api_token_of({"spec": {"containers": containers}}) == token
