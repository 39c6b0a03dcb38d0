"""What a person may wish for at a start, and what becomes of it in the pod."""

from typing import Any

import pytest

from hub.failures import Refusal
from hub.spawner import PlatformSpawner
from tests.hub.spawned import Named

GPU = {"count": 1, "resource": "nvidia.com/gpu", "runtime_class": "nvidia", "tolerations": [{"key": "gpu"}]}


async def test_a_profile_decides_the_size(spawner: PlatformSpawner) -> None:
    await spawner.apply_user_options(spawner, {"profile": "large"})
    assert (spawner.cpu_limit, spawner.mem_limit) == (2, 2**31)
    await spawner.apply_user_options(spawner, {})
    assert (spawner.cpu_limit, spawner.mem_limit) == (1, 2**30)


@pytest.mark.parametrize("options", [{"profile": "huge"}, {"image": "evil"}, ["small"]])
async def test_anything_else_is_refused(spawner: PlatformSpawner, options: Any) -> None:
    with pytest.raises(Refusal) as caught:
        await spawner.apply_user_options(spawner, options)
    assert caught.value.status_code == 400


async def test_the_form_shows_the_profiles(spawner: PlatformSpawner) -> None:
    form = await spawner.get_options_form()
    assert 'value="small" checked' in form
    assert 'value="large">' in form
    assert "0.1 to 2 cores" in form


async def test_the_form_shows_what_there_is_to_choose(spawner: PlatformSpawner) -> None:
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


async def test_one_profile_needs_no_form(spawner: PlatformSpawner) -> None:
    spawner.servers = {**spawner.servers, "profiles": spawner.servers["profiles"][:1]}
    assert await spawner.get_options_form() == ""


async def test_a_link_with_refused_options_starts_nothing(spawner: PlatformSpawner) -> None:
    spawner.servers = {**spawner.servers, "profiles": spawner.servers["profiles"][:1]}
    with pytest.raises(Refusal):
        await spawner.options_from_query({"profile": ["huge"]})
    with pytest.raises(Refusal):
        await spawner.get_options_form()
    assert await spawner.get_options_form() == "", "the refusal is of that request only"


async def test_who_left_a_group_starts_with_what_is_left(spawner: PlatformSpawner) -> None:
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
    spawner: PlatformSpawner, gpu: dict[str, Any] | None, limits: dict[str, str], environment: dict[str, str]
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


async def test_a_server_without_gpus_sees_none_where_there_are_some(spawner: PlatformSpawner) -> None:
    change(spawner, {"gpu": GPU})
    await spawner.apply_user_options(spawner, {"profile": "large"})
    pod = await spawner.get_pod_manifest()
    assert {each.name: each.value for each in pod.spec.containers[0].env}["NVIDIA_VISIBLE_DEVICES"] == "void"
    assert pod.spec.runtime_class_name is None


def change(spawner: PlatformSpawner, first: dict[str, Any]) -> None:
    """Change the first profile."""
    small, *rest = spawner.servers["profiles"]
    spawner.servers = {**spawner.servers, "profiles": [{**small, **first}, *rest]}
