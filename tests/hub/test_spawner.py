"""The spawner against an API server that fails in the ways the real one does."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubespawner.clients import load_config

from hub import spawner as module
from hub.audit import Event
from hub.failures import Refusal, StartError
from hub.server_traits import server_traits
from hub.settings import HubSettings
from hub.spawner import PlatformSpawner
from tests.hub.cluster import RUNNING, Cluster

POD = "jupyter-ann"


@dataclass
class Named:
    name: str


@dataclass
class User:
    name: str = "ann"
    id: int = 1
    url: str = "/user/ann"
    groups: list[Named] = field(default_factory=list[Named])


@dataclass
class Hub:
    public_host: str = "http://hub"
    url: str = "http://hub"
    base_url: str = "/hub/"
    api_url: str = "http://hub/hub/api"


def pod(user: str = "ann", port: int = 8888, **status: Any) -> dict[str, Any]:
    env = [{"name": "JUPYTERHUB_API_TOKEN", "value": "old"}]
    return {
        "metadata": {
            "name": POD,
            "namespace": "jupyterhub-users",
            "uid": "1",
            "resourceVersion": "1",
            "annotations": {"hub.jupyter.org/username": user},
        },
        "spec": {
            "containers": [
                {"name": "notebook", "env": env, "ports": [{"name": "notebook-port", "containerPort": port}]}
            ]
        },
        "status": {**RUNNING, **status},
    }


def claim(name: str, user: str = "ann") -> dict[str, Any]:
    return {"metadata": {"name": name, "annotations": {"hub.jupyter.org/username": user}}}


def attached(cluster: Cluster) -> str:
    """The claim that is the home of the running server."""
    return next(
        volume["persistentVolumeClaim"]["claimName"]
        for volume in cluster.pods[POD]["spec"]["volumes"]
        if volume["name"] == "home"
    )


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    cluster = Cluster()
    await cluster.start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(cluster.kubeconfig())
    monkeypatch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    monkeypatch.setattr(module, "PAUSE", 0.05)
    load_config.cache_clear()
    yield cluster
    for reflector in PlatformSpawner.reflectors.values():
        await reflector.stop()
    PlatformSpawner.reflectors.clear()
    await cluster.stop()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def make_spawner(cluster: Cluster, settings: HubSettings) -> Callable[[], PlatformSpawner]:
    def make() -> PlatformSpawner:
        table = {line.name: line.value for line in server_traits(settings) if line.owner == "PlatformSpawner"}
        patience = {"delete_grace_period": 0, "k8s_api_request_timeout": 1, "k8s_api_request_retry_timeout": 1}
        return PlatformSpawner(_mock=True, user=User(), hub=Hub(), port=cluster.port, **(table | patience))

    return make


@pytest.fixture
async def spawner(make_spawner: Callable[[], PlatformSpawner]) -> PlatformSpawner:
    return make_spawner()


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


GPU = {"count": 1, "resource": "nvidia.com/gpu", "runtime_class": "nvidia", "tolerations": [{"key": "gpu"}]}


class TestOptions:
    async def test_a_profile_decides_the_size(self, spawner: PlatformSpawner) -> None:
        await spawner.apply_user_options(spawner, {"profile": "large"})
        assert (spawner.cpu_limit, spawner.mem_limit) == (2, 2**31)
        await spawner.apply_user_options(spawner, {})
        assert (spawner.cpu_limit, spawner.mem_limit) == (1, 2**30)

    @pytest.mark.parametrize("options", [{"profile": "huge"}, {"image": "evil"}, ["small"]])
    async def test_anything_else_is_refused(self, spawner: PlatformSpawner, options: Any) -> None:
        with pytest.raises(Refusal) as caught:
            await spawner.apply_user_options(spawner, options)
        assert caught.value.status_code == 400

    async def test_the_form_shows_the_profiles(self, spawner: PlatformSpawner) -> None:
        form = await spawner.get_options_form()
        assert 'value="small" checked' in form
        assert 'value="large">' in form
        assert "0.1 to 2 cores" in form

    async def test_the_form_shows_what_there_is_to_choose(self, spawner: PlatformSpawner) -> None:
        choices: dict[str, Any] = {
            "kind": "listed",
            "images": [],
            "cpu": {"1": 1, "2": 2},
            "memory": {"1Gi": 2**30},
            "gpu": [],
            "nodes": [],
        }
        change(spawner, {"choices": choices, "title": "<b>"})
        form = await spawner.get_options_form()
        assert '<select class="form-select" name="cpu:small">' in form
        assert '<option value="1" selected>1 core</option>' in form
        assert 'name="memory:small"' not in form, "there is nothing to choose"
        assert "&lt;b&gt;" in form
        spawner.user_options = {"profile": "small", "cpu": "2"}
        assert '<option value="2" selected>2 cores</option>' in await spawner.get_options_form()

    async def test_one_profile_needs_no_form(self, spawner: PlatformSpawner) -> None:
        spawner.servers = {**spawner.servers, "profiles": spawner.servers["profiles"][:1]}
        assert await spawner.get_options_form() == ""

    async def test_a_link_with_refused_options_starts_nothing(self, spawner: PlatformSpawner) -> None:
        spawner.servers = {**spawner.servers, "profiles": spawner.servers["profiles"][:1]}
        with pytest.raises(Refusal):
            await spawner.options_from_query({"profile": ["huge"]})
        with pytest.raises(Refusal):
            await spawner.get_options_form()
        assert await spawner.get_options_form() == "", "the refusal is of that request only"

    async def test_who_left_a_group_starts_with_what_is_left(self, spawner: PlatformSpawner) -> None:
        change(spawner, {"groups": ["curators"]})
        spawner.user_options = {"profile": "small"}
        with pytest.raises(Refusal, match="no profile 'small' for you; choose one of large"):
            await spawner.apply_user_options(spawner, spawner.user_options)
        assert await spawner.get_options_form() == ""
        assert spawner.user_options == {}, "no form could choose anew"
        spawner.user.groups = [Named("curators")]
        await spawner.apply_user_options(spawner, {"profile": "small"})
        assert spawner.get_state()["profile"] == "small"

    @pytest.mark.parametrize(
        ("gpu", "limits", "environment"),
        [
            (GPU, {"nvidia.com/gpu": "1"}, {"NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}),
            (GPU | {"resource": "amd.com/gpu"}, {"amd.com/gpu": "1"}, {}),
            (None, {}, {}),
        ],
    )
    async def test_gpus_stand_in_the_pod(
        self, spawner: PlatformSpawner, gpu: dict[str, Any] | None, limits: dict[str, str], environment: dict[str, str]
    ) -> None:
        change(spawner, {"gpu": gpu, "node_selector": {"zone": "a"}})
        await spawner.apply_user_options(spawner, {})
        pod = await spawner.get_pod_manifest()
        notebook = pod.spec.containers[0]
        assert {name: value for name, value in (notebook.resources.limits or {}).items() if "/" in name} == limits
        assert {each.name: each.value for each in notebook.env if each.name.startswith("NVIDIA")} == environment
        assert pod.spec.runtime_class_name == ("nvidia" if gpu else None)
        assert [each.key for each in pod.spec.tolerations or ()] == (["gpu"] if gpu else [])
        assert pod.spec.node_selector == {"zone": "a"}

    async def test_a_server_without_gpus_sees_none_where_there_are_some(self, spawner: PlatformSpawner) -> None:
        change(spawner, {"gpu": GPU})
        await spawner.apply_user_options(spawner, {"profile": "large"})
        pod = await spawner.get_pod_manifest()
        assert {each.name: each.value for each in pod.spec.containers[0].env}["NVIDIA_VISIBLE_DEVICES"] == "void"
        assert pod.spec.runtime_class_name is None


def change(spawner: PlatformSpawner, first: dict[str, Any]) -> None:
    """Change the first profile."""
    small, *rest = spawner.servers["profiles"]
    spawner.servers = {**spawner.servers, "profiles": [{**small, **first}, *rest]}
