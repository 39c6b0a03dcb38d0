"""The way without an engine, on the lab: applied once, applied twice, pruned, killed half-way, taken down, failing."""

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from deploy import cluster, direct, inventory, rollout
from deploy.inventory import Item
from deploy.kubectl import Kubectl, Manifest
from deploy.program import Program
from deploy.values import Place
from deploy.verdict import Workload
from lab.problem import Problem
from settings.cluster import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def kubectl() -> Kubectl:
    return cluster.reach(Lab(kind="lab"))


@pytest.fixture
def program(kubectl: Kubectl) -> Iterator[Program]:
    """A namespace, two settings, a Secret of two generated keys, a claim, a Service."""
    namespace = f"direct-{uuid4().hex[:6]}"
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        named("ConfigMap", namespace, "one", data={"key": "1"}),
        named("ConfigMap", namespace, "two", data={"key": "2"}),
        named("Secret", namespace, "keys", type="Opaque"),
        named(
            "PersistentVolumeClaim",
            namespace,
            "data",
            spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
        ),
        named("Service", namespace, "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
    ]
    references = {
        Place(namespace, "keys", "token"): "<<generated:digits:64:token>>",
        Place(namespace, "keys", "password"): "<<generated:password:24:password>>",
    }
    protected = {
        ("Namespace", "", namespace),
        ("Secret", namespace, "keys"),
        ("PersistentVolumeClaim", namespace, "data"),
    }
    yield Program("try", namespace, tuple(objects), references, frozenset(protected))
    kubectl.run("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def named(kind: str, namespace: str, name: str, api: str = "v1", **more: Any) -> Manifest:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **more}


def up(kubectl: Kubectl, program: Program) -> None:
    direct.up(kubectl, program, direct.kept_values(kubectl, program.references), {})


def versions(kubectl: Kubectl, program: Program) -> dict[str, str]:
    """What is there of the program and of the inventory, and in which version."""
    mark = Item("v1", "ConfigMap", program.namespace, inventory.NAME).stub
    found = kubectl.fetch([*(item.stub for item in program.items), mark])
    return {str(inventory.item_of(o)): o["metadata"]["resourceVersion"] for o in found if o["kind"] != "Namespace"}


def without(program: Program, *names: str) -> Program:
    return replace(program, objects=tuple(o for o in program.objects if o["metadata"]["name"] not in names))


def exists(kubectl: Kubectl, program: Program, kind: str, name: str) -> bool:
    return kubectl.get(kind, name, program.namespace) is not None


def test_a_second_run_changes_nothing(kubectl: Kubectl, program: Program) -> None:
    up(kubectl, program)
    first = versions(kubectl, program)
    values = direct.kept_values(kubectl, program.references)
    up(kubectl, program)
    assert len(first) == len(program.objects)  # the namespace is left out, the inventory is added
    # The claim's version moves while the cluster makes its volume.
    claim = f"PersistentVolumeClaim {program.namespace}/data"
    assert versions(kubectl, program) | {claim: ""} == first | {claim: ""}
    assert direct.kept_values(kubectl, program.references) == values
    assert {len(value) for value in values.values()} == {64, 24}


def test_a_key_that_is_missing_is_added_and_the_others_stay(kubectl: Kubectl, program: Program) -> None:
    one, other = sorted(program.references)
    up(kubectl, replace(program, references={one: program.references[one]}))
    before = direct.kept_values(kubectl, program.references)
    up(kubectl, program)
    after = direct.kept_values(kubectl, program.references)
    assert before == {one: after[one]}
    assert other in after


def test_what_is_no_longer_declared_goes_and_data_stays(kubectl: Kubectl, program: Program) -> None:
    up(kubectl, program)
    fewer = without(program, "two", "data")
    up(kubectl, fewer)
    assert not exists(kubectl, program, "configmap", "two")
    assert exists(kubectl, program, "persistentvolumeclaim", "data")
    left = inventory.read(kubectl, program.namespace) or []
    assert {item.name for item in left} == {"one", "keys", "web", "data", program.namespace}


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.5, 0.8, 1.2])
def test_a_run_that_was_killed_is_finished_by_the_next(kubectl: Kubectl, program: Program, seconds: float) -> None:
    up(kubectl, program)
    values = direct.kept_values(kubectl, program.references)
    changed = without(program, "two", "web")
    changed = replace(changed, objects=(*changed.objects, named("ConfigMap", program.namespace, "three", data={})))
    victim = multiprocessing.get_context("fork").Process(target=up, args=(kubectl, changed))
    victim.start()
    time.sleep(seconds)
    victim.kill()
    victim.join()

    up(kubectl, changed)
    assert [exists(kubectl, program, *what) for what in (("configmap", "two"), ("service", "web"))] == [False, False]
    assert set(inventory.read(kubectl, program.namespace) or []) == set(changed.items)
    assert len(kubectl.fetch(item.stub for item in changed.items)) == len(changed.objects)
    assert direct.kept_values(kubectl, program.references) == values


def test_down_keeps_data_and_up_finds_it_again(kubectl: Kubectl, program: Program) -> None:
    up(kubectl, program)
    values = direct.kept_values(kubectl, program.references)
    claim = kubectl.get("persistentvolumeclaim", "data", program.namespace)
    direct.down(kubectl, program.namespace, data=False)
    assert not exists(kubectl, program, "configmap", "one")
    up(kubectl, program)
    again = kubectl.get("persistentvolumeclaim", "data", program.namespace)
    assert claim is not None
    assert again is not None
    assert again["metadata"]["uid"] == claim["metadata"]["uid"]
    assert direct.kept_values(kubectl, program.references) == values


def test_down_with_its_data_leaves_nothing(kubectl: Kubectl, program: Program) -> None:
    up(kubectl, program)
    direct.down(kubectl, program.namespace, data=True)
    assert kubectl.get("namespace", program.namespace) is None


def test_what_waits_for_a_workload_is_left_as_it_was_when_that_fails(kubectl: Kubectl, program: Program) -> None:
    up(kubectl, program)
    pod = {"metadata": {"labels": {"app": "pull"}}, "spec": {"containers": [{"name": "a", "image": "lab.local/no:no"}]}}
    spec = {"selector": {"matchLabels": {"app": "pull"}}, "template": pod}
    gate = named("DaemonSet", program.namespace, "pull", "apps/v1", spec=spec)
    changed = named("ConfigMap", program.namespace, "two", data={"key": "changed"})
    wanted = replace(
        without(program, "two"),
        objects=(*without(program, "two").objects, gate, changed),
        first=(Workload("DaemonSet", program.namespace, "pull"),),
        later=frozenset({("ConfigMap", program.namespace, "two")}),
    )
    with pytest.raises(Problem, match=r"image lab\.local/no:no cannot be pulled"):
        up(kubectl, wanted)
    found = kubectl.get("configmap", "two", program.namespace)
    assert found is not None
    assert found["data"] == {"key": "2"}


def test_a_failed_rollout_is_told_in_words(kubectl: Kubectl, program: Program) -> None:
    container = {"name": "main", "image": "lab.local/nothing:here"}
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": pod}
    broken = named("Deployment", program.namespace, "web", "apps/v1", spec=spec)
    wanted = replace(program, objects=(*program.objects, broken))
    up(kubectl, wanted)
    begun = time.monotonic()
    with pytest.raises(Problem) as problem:
        rollout.wait(kubectl, wanted.workloads)
    assert "image lab.local/nothing:here cannot be pulled" in str(problem.value)
    assert "to mend it: load or push it" in str(problem.value)
    assert time.monotonic() - begun < 60
