"""What a start may be asked for, and what becomes of one whose hub dies under it."""

from typing import Any

import pytest

from tests.traps.configuration import USER
from tests.traps.conftest import Kubectl
from tests.traps.hubs import HostHub, until

pytestmark = pytest.mark.lab


async def test_hostile_options_are_refused_before_anything_is_made(
    ours: HostHub, kubectl: Kubectl, namespaces: dict[str, str]
) -> None:
    """Through the API, where no form stands in between."""
    hostile: list[dict[str, Any]] = [
        {"profile": "huge"},
        {"profile": ["small"]},
        {"profile": "small", "image": "evil"},
        {"user_options": {"kubespawner_override": {"uid": 0}}},
        {"display_name": "x", "user_options": {"namespace": "kube-system"}},
    ]
    for body in hostile:
        with pytest.raises(RuntimeError, match=r": 400 .*The server was not started"):
            await ours.ask("POST", f"/hub/api/users/{USER}/server", body)
    assert kubectl.items("pods", namespaces["ours"]) == {}
    assert kubectl.items("persistentvolumeclaims", namespaces["ours"]) == {}
    await ours.ask("POST", f"/hub/api/users/{USER}/server", {"profile": "small"})
    await until("a server with an allowed profile", ours.is_ready, 120)


async def test_a_start_outlives_its_hub(ours: HostHub, kubectl: Kubectl, namespaces: dict[str, str]) -> None:
    await ours.ask("POST", f"/hub/api/users/{USER}/server")
    pod = await until("the pod is made", lambda: kubectl.pod(namespaces["ours"]), 30)
    ours.kill_child()
    await ours.wait()
    await until("the new hub has the server", ours.is_ready, 60)
    assert kubectl.pod(namespaces["ours"])["metadata"]["uid"] == pod["metadata"]["uid"]
    assert await ours.get(f"/user/{USER}/api/kernels") == []
