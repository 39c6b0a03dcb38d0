"""The API server goes away: what becomes of the users' servers, with the hub as released and with ours."""

import asyncio
import time

import pytest

from tests.traps.configuration import USER
from tests.traps.conftest import Kubectl, both
from tests.traps.gate import Gate
from tests.traps.hubs import REPOSITORY, HostHub, until

pytestmark = pytest.mark.lab

GIVES_UP = 60
"""Seconds after which KubeSpawner's reflector has given up; its pauses add up to 51."""


@pytest.mark.parametrize("outage", [5, pytest.param(GIVES_UP, marks=pytest.mark.soak)])
async def test_after_an_outage_the_hub_sees_the_truth(
    hubs: dict[str, HostHub], gate: Gate, kubectl: Kubectl, namespaces: dict[str, str], outage: int
) -> None:
    """As released, after the longer one: the reflector gives up for good, and a pod deleted later is still reported ready."""
    await both(hubs, HostHub.start_server)
    await gate.close()
    await asyncio.sleep(outage)
    for hub in hubs.values():
        assert await hub.is_ready(), f"the {hub.kind} hub called a server stopped during the outage"
    await gate.open()
    for namespace in namespaces.values():
        kubectl("delete", "pods", "--all", "-n", namespace, "--wait=true", "--grace-period=1")
    begun = time.monotonic()

    async def noticed() -> bool:
        return not await hubs["ours"].is_ready()

    await until("our hub notices that the pod is gone", noticed, 20)
    print(f"ours noticed {time.monotonic() - begun:.1f} s after the pod was gone")
    if outage >= GIVES_UP:
        await asyncio.sleep(max(0.0, 45 - (time.monotonic() - begun)))
        assert "giving up" in hubs["plain"].log()
        assert await hubs["plain"].is_ready(), "as released, the hub noticed; this trap is gone from upstream"
    await hubs["ours"].start_server()


async def test_a_hub_started_during_an_outage_forgets_no_server(
    hubs: dict[str, HostHub], gate: Gate, kubectl: Kubectl, namespaces: dict[str, str]
) -> None:
    """As released: the running servers are reported as stopped, for good, and their pods are orphans."""
    await both(hubs, HostHub.start_server)
    pods = {kind: kubectl.pod(namespace)["metadata"]["uid"] for kind, namespace in namespaces.items()}
    for hub in hubs.values():
        hub.kill()
    await gate.close()
    for hub in hubs.values():
        hub.start()

    async def forgotten() -> bool:
        return await hubs["plain"].serves() and not await hubs["plain"].server()

    await until("the hub as released forgets its servers (else this trap is gone from upstream)", forgotten, 60)

    def waits() -> bool:
        return "waiting for the Kubernetes API" in hubs["ours"].log()

    await until("our hub says that it waits", waits, 60)
    assert not await hubs["ours"].serves(), "our hub serves although it cannot know what runs"
    await gate.open()
    begun = time.monotonic()
    await hubs["ours"].wait()
    await until("our hub has its server", hubs["ours"].is_ready, 20)
    print(f"ours served with all its servers {time.monotonic() - begun:.1f} s after the outage")
    assert not await hubs["plain"].server()
    for kind, uid in pods.items():
        assert kubectl.pod(namespaces[kind])["metadata"]["uid"] == uid, f"the {kind} hub lost the pod itself"


async def test_a_pod_the_hub_has_forgotten_is_taken_over(
    hubs: dict[str, HostHub], kubectl: Kubectl, namespaces: dict[str, str]
) -> None:
    """As released: a start that finds a live pod kills it, with its kernels."""
    await both(hubs, HostHub.start_server)
    pods = {kind: kubectl.pod(namespace)["metadata"]["uid"] for kind, namespace in namespaces.items()}
    for hub in hubs.values():
        hub.kill()
        hub.forget_everything()
        hub.start()
    await both(hubs, HostHub.wait)
    await both(hubs, HostHub.start_server)
    assert kubectl.pod(namespaces["plain"])["metadata"]["uid"] != pods["plain"], "as released, the pod was kept"
    assert kubectl.pod(namespaces["ours"])["metadata"]["uid"] == pods["ours"]
    # The server inside and the new hub speak to each other: it reports its activity, and lets the test in.
    assert await hubs["ours"].get(f"/user/{USER}/api/kernels") == []


@pytest.mark.soak
@pytest.mark.parametrize("seconds", [75, 300])
async def test_the_api_server_itself_is_stopped(
    ours: HostHub, kubectl: Kubectl, namespaces: dict[str, str], seconds: int
) -> None:
    """Not only out of the hub's sight: nobody in the cluster can reach it."""
    await ours.start_server()
    pause = await asyncio.create_subprocess_exec("python3", "-m", "lab", "pause-api", str(seconds), cwd=REPOSITORY)
    await asyncio.sleep(seconds - 5)
    assert await ours.is_ready()
    await pause.wait()
    assert await ours.is_ready()
    kubectl("delete", "pods", "--all", "-n", namespaces["ours"], "--wait=true", "--grace-period=1")

    async def noticed() -> bool:
        return not await ours.is_ready()

    await until("our hub notices that the pod is gone", noticed, 20)
    await ours.start_server()
