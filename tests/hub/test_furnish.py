"""What a person is entitled to, put into the pod that KubeSpawner made."""

import pytest
from kubernetes_asyncio.client import ApiClient
from kubespawner.objects import make_pod

from hub.furnish import PodParts, furnish
from hub.person import Person

ADA = Person("ada", frozenset({"curators"}))


@pytest.mark.parametrize(
    ("groups", "allowed"),
    [(None, True), ((), False), (("curators",), True), (("readers", "curators"), True), (("x",), False)],
)
def test_things_are_for_everybody_or_for_groups(groups: tuple[str, ...] | None, allowed: bool) -> None:
    assert ADA.may_have(groups) is allowed


PARTS = PodParts(
    environment={"TRINO_HOST": "trino", "JUPYTERHUB_USER": "eve", "PRICE": "$(PATH) $5"},
    annotations={"ours": "yes"},
    labels={"service/trino": "yes", "component": "hub"},
    volumes=({"name": "data", "persistentVolumeClaim": {"claimName": "data", "readOnly": True}},),
    mounts=({"name": "data", "mountPath": "/mnt/data", "readOnly": True},),
    init_containers=({"name": "clone", "image": "git"},),
)


async def test_the_parts_stand_in_the_manifest() -> None:
    pod = make_pod(
        name="jupyter-ada",
        cmd=["jupyterhub-singleuser"],
        port=8888,
        image="notebook",
        image_pull_policy="IfNotPresent",
        env={"JUPYTERHUB_USER": "ada"},
        volumes=[{"name": "home"}],
        volume_mounts=[{"name": "home", "mountPath": "/home/jovyan"}],
        annotations={"hub.jupyter.org/username": "ada"},
        labels={"component": "singleuser-server"},
        cpu_guarantee=0.5,
        cpu_limit=1,
        mem_limit=2**30,
        extra_resource_limits={"nvidia.com/gpu": "1"},
    )
    async with ApiClient() as client:
        manifest = client.sanitize_for_serialization(furnish(pod, PARTS))
    (notebook,) = manifest["spec"]["containers"]
    assert {variable["name"]: variable["value"] for variable in notebook["env"]} == {
        "JUPYTERHUB_USER": "ada",
        "TRINO_HOST": "trino",
        "PRICE": "$$(PATH) $$5",
    }
    assert [mount["mountPath"] for mount in notebook["volumeMounts"]] == ["/home/jovyan", "/mnt/data"]
    assert [volume["name"] for volume in manifest["spec"]["volumes"]] == ["home", "data"]
    assert manifest["spec"]["volumes"][1]["persistentVolumeClaim"]["readOnly"] is True
    [clone] = manifest["spec"]["initContainers"]
    assert (clone["name"], clone["image"]) == ("clone", "git")
    assert clone["securityContext"] == notebook["securityContext"]
    assert clone["resources"] == {"requests": {"cpu": 0.5}, "limits": {"cpu": 1, "memory": 2**30}}
    assert manifest["metadata"]["annotations"] == {"ours": "yes", "hub.jupyter.org/username": "ada"}
    assert manifest["metadata"]["labels"] == {"service/trino": "yes", "component": "singleuser-server"}


def test_parts_add_up_and_the_later_wins() -> None:
    both = PARTS | PodParts(environment={"TRINO_HOST": "other"}, labels={"b": "c"}, mounts=({"name": "more"},))
    assert both.environment["TRINO_HOST"] == "other"
    assert both.labels == {**PARTS.labels, "b": "c"}
    assert [mount["name"] for mount in both.mounts] == ["data", "more"]


async def test_a_pod_runs_only_where_it_may() -> None:
    labelled = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
    pod = make_pod(
        name="jupyter-ada",
        cmd=["jupyterhub-singleuser"],
        port=8888,
        image="notebook",
        image_pull_policy="IfNotPresent",
        node_selector={"pool": "users"},
        tolerations=[{"key": "users", "operator": "Exists"}],
        node_affinity_required=[labelled],
        cpu_limit=2,
    )
    parts = PodParts(
        nodes=("one", "two"),
        node_selector={"pool": "mine", "disk": "fast"},
        tolerations=({"key": "gpu", "operator": "Exists"},),
        runtime_class="nvidia",
        limits={"nvidia.com/gpu": "1"},
    )
    async with ApiClient() as client:
        spec = client.sanitize_for_serialization(furnish(pod, parts))["spec"]
    assert spec["nodeSelector"] == {"pool": "users", "disk": "fast"}
    assert [each["key"] for each in spec["tolerations"]] == ["users", "gpu"]
    assert spec["runtimeClassName"] == "nvidia"
    assert spec["containers"][0]["resources"]["limits"] == {"nvidia.com/gpu": "1", "cpu": 2}
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert [term["matchFields"][0]["values"] for term in terms] == [["one"], ["two"]]
    assert [term["matchExpressions"] for term in terms] == [labelled["matchExpressions"]] * 2
