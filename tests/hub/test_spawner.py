"""The spawner against an API server that fails in the ways the real one does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub import spawner as module
from hub.audit import Event
from hub.failures import Refusal, StartError
from hub.spawner import PlatformSpawner
from tests.hub.cluster import RUNNING, Cluster
from tests.hub.spawned import POD, attached, claim, pod


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


async def away(cluster: Cluster) -> None:
    await cluster.stop()


async def silent(cluster: Cluster) -> None:
    cluster.silent = True


class TestPoll:
    async def test_a_running_pod_runs(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        cluster.pods[POD] = pod()
        assert await spawner.poll() is None
        assert f"GET pods/{POD}" not in cluster.calls, "a fresh view needs no question"

    async def test_a_server_that_ended_by_itself_is_noted(
        self, cluster: Cluster, spawner: PlatformSpawner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        noted: list[Event] = []
        monkeypatch.setattr("hub.audit.write", noted.append)
        assert await spawner.poll_and_notify() == 1
        assert noted == [Event(audit="ended", user="ann", server="", reason="exit code 1", image=spawner.image)]
        cluster.pods[POD] = pod()
        assert await spawner.poll_and_notify() is None
        assert len(noted) == 1

    async def test_no_pod_is_stopped(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        assert await spawner.poll() == 1
        assert f"GET pods/{POD}" in cluster.calls, "what the view lacks is looked up"

    async def test_a_pod_the_view_has_not_seen_runs(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        assert await spawner.poll() == 1
        cluster.pods[POD] = pod()
        assert await spawner.poll() is None

    @pytest.mark.parametrize("outage", [away, silent])
    async def test_an_outage_stops_nothing(
        self, cluster: Cluster, spawner: PlatformSpawner, outage: Callable[[Cluster], Awaitable[None]]
    ) -> None:
        assert await spawner.poll() == 1
        cluster.pods[POD] = pod()
        await outage(cluster)
        assert await spawner.poll() is None

    async def test_an_old_view_is_not_believed(
        self, cluster: Cluster, spawner: PlatformSpawner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cluster.pods[POD] = pod()
        assert await spawner.poll() is None
        del cluster.pods[POD]
        assert await spawner.poll() is None, "the view does not know yet"
        now = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + 3600)
        assert await spawner.poll() == 1

    async def test_an_ended_server_is_cleared_away(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        cluster.pods[POD] = pod(containerStatuses=[{"name": "notebook", "state": {"terminated": {"exitCode": 137}}}])
        assert await spawner.poll() == 137
        assert cluster.pods == {}

    async def test_a_hub_started_during_an_outage_waits_for_the_truth(
        self, cluster: Cluster, spawner: PlatformSpawner, make_spawner: Callable[[], PlatformSpawner]
    ) -> None:
        cluster.pods[POD] = pod()
        await cluster.stop()
        first, second, third = (
            asyncio.ensure_future(each.poll()) for each in (spawner, make_spawner(), make_spawner())
        )
        await asyncio.sleep(0.5)
        assert not first.done()
        # Whoever gives up waiting must not take the answer away from the others.
        first.cancel()
        second.cancel()
        await cluster.start()
        assert await asyncio.wait_for(third, 10) is None


class TestStop:
    async def test_stopping_outlasts_an_outage(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        cluster.pods[POD] = pod()
        assert await spawner.poll() is None
        await cluster.stop()
        stopping = asyncio.ensure_future(spawner.stop())
        await asyncio.sleep(0.5)
        assert not stopping.done()
        await cluster.start()
        await until(lambda: POD not in cluster.pods)
        await asyncio.wait_for(stopping, 20)

    async def test_a_start_that_never_asked_for_a_pod_stops_none(
        self, cluster: Cluster, spawner: PlatformSpawner
    ) -> None:
        assert await spawner.poll() == 1
        cluster.pods[POD] = pod()
        await cluster.stop()
        with pytest.raises(StartError, match="the cluster does not answer"):
            await spawner.start()
        await cluster.start()
        assert await spawner.poll() == 1, "JupyterHub cleans a failed start up, and stops what polls as running"
        assert POD in cluster.pods


class TestTakeOver:
    async def test_nothing_there(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        assert await spawner.start() == cluster.url
        assert cluster.pods[POD]["metadata"]["annotations"]["hub.jupyter.org/username"] == "ann"

    @pytest.mark.parametrize("status", [{}, {"phase": "Pending", "containerStatuses": []}])
    async def test_a_live_pod_is_kept_with_its_token(
        self, cluster: Cluster, spawner: PlatformSpawner, status: dict[str, Any]
    ) -> None:
        kept = cluster.pods[POD] = pod(port=cluster.port, **status)
        spawner.api_token = "new"  # noqa: S105 - not a secret
        starting = asyncio.ensure_future(spawner.start())
        await asyncio.sleep(0.5)
        cluster.pods[POD] = kept | {"status": RUNNING}
        assert await asyncio.wait_for(starting, 20) == cluster.url
        assert spawner.api_token == "old"  # noqa: S105 - not a secret
        assert cluster.pods[POD]["spec"] is kept["spec"]

    async def test_an_ended_pod_is_replaced(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        ended = cluster.pods[POD] = pod(phase="Failed", containerStatuses=[])
        assert await spawner.start() == cluster.url
        assert cluster.pods[POD] is not ended

    async def test_somebody_elses_pod_is_left_alone(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        cluster.pods[POD] = pod(user="bob")
        with pytest.raises(StartError, match="is not yours"):
            await spawner.start()
        assert await spawner.poll() == 1, "so that the clean-up does not stop it"
        assert POD in cluster.pods

    async def test_a_pod_that_does_not_get_ready_tells_why(
        self, cluster: Cluster, spawner: PlatformSpawner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        cluster.new_pods = {
            "phase": "Pending",
            "containerStatuses": [{"name": "notebook", "ready": False, "state": waiting}],
        }
        monkeypatch.setattr(module, "SPARE", 1)
        spawner.start_timeout = 5
        with pytest.raises(StartError, match=r"its image could not be pulled \(no such image\)"):
            await spawner.start()


class TestHome:
    async def test_a_new_one(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        await spawner.start()
        assert set(cluster.persistentvolumeclaims) == {"claim-ann"}

    async def test_one_of_any_name(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        cluster.persistentvolumeclaims["old-home"] = claim("old-home")
        await spawner.start()
        assert attached(cluster) == "old-home"
        assert set(cluster.persistentvolumeclaims) == {"old-home"}

    async def test_it_is_kept_across_a_stop(
        self, cluster: Cluster, spawner: PlatformSpawner, make_spawner: Callable[[], PlatformSpawner]
    ) -> None:
        cluster.persistentvolumeclaims["old-home"] = claim("old-home")
        spawner.load_state({"pod_name": POD})  # what KubeSpawner 6 left in the database
        await spawner.start()
        await spawner.stop()
        spawner.clear_state()
        successor = make_spawner()
        successor.load_state(spawner.get_state())
        await successor.start()
        assert attached(cluster) == "old-home"
        assert set(cluster.persistentvolumeclaims) == {"old-home"}

    async def test_two_are_one_too_many(self, cluster: Cluster, spawner: PlatformSpawner) -> None:
        cluster.persistentvolumeclaims |= {name: claim(name) for name in ("a", "b")}
        with pytest.raises(Refusal, match="2 homes of yours"):
            await spawner.start()
        assert cluster.pods == {}
        assert set(cluster.persistentvolumeclaims) == {"a", "b"}

    @pytest.mark.parametrize("outage", [away, silent])
    async def test_none_is_made_while_the_cluster_cannot_tell(
        self, cluster: Cluster, spawner: PlatformSpawner, outage: Callable[[Cluster], Awaitable[None]]
    ) -> None:
        await outage(cluster)
        with pytest.raises(StartError):
            await spawner.start()
        assert cluster.persistentvolumeclaims == {}
