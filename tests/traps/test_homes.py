"""A user who comes from an older hub keeps their home."""

from typing import Any

import pytest

from tests.traps.conftest import Kubectl, both
from tests.traps.hubs import ESCAPED_NAME, SAFE_NAME, HostHub

pytestmark = pytest.mark.lab


def as_kubespawner_6(state: dict[str, Any]) -> dict[str, Any]:
    """What an older hub left in its database: no version and no name of the claim."""
    return {key: value for key, value in state.items() if key not in {"kubespawner_version", "pvc_name"}}


def attached(kubectl: Kubectl, namespace: str) -> str:
    volumes: list[dict[str, Any]] = kubectl.pod(namespace)["spec"]["volumes"]
    return next(volume["persistentVolumeClaim"]["claimName"] for volume in volumes if volume["name"] == "home")


async def test_the_home_is_the_same_after_a_move_from_an_older_hub_and_a_stop(
    hubs: dict[str, HostHub], kubectl: Kubectl, namespaces: dict[str, str]
) -> None:
    """As released: the claim is forgotten after one stop, and an empty home is attached (kubespawner#937)."""
    old_names = {"PlatformSpawner": {"slug_scheme": "escape"}, "KubeSpawner": {"slug_scheme": "escape"}}
    for hub in hubs.values():
        hub.stop()
        hub.prepare(**old_names)
        hub.start()
    await both(hubs, HostHub.wait)
    await both(hubs, HostHub.start_server)
    for namespace in namespaces.values():
        assert attached(kubectl, namespace) == f"claim-{ESCAPED_NAME}"

    # The upgrade: the server runs on, the names are made another way from now on.
    for hub in hubs.values():
        hub.stop()
        hub.rewrite_state(as_kubespawner_6)
        hub.prepare()
        hub.start()
    await both(hubs, HostHub.wait)
    await both(hubs, HostHub.stop_server)
    await both(hubs, HostHub.start_server)

    assert attached(kubectl, namespaces["plain"]).startswith(f"claim-{SAFE_NAME}"), "this trap is gone from upstream"
    assert attached(kubectl, namespaces["ours"]) == f"claim-{ESCAPED_NAME}"
    assert set(kubectl.items("persistentvolumeclaims", namespaces["ours"])) == {f"claim-{ESCAPED_NAME}"}
