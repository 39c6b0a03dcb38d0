"""What `scheduling` becomes: where pods go, who gives way to whom, and what is there before somebody waits for it."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from components.hub.server_nodes import server_nodes
from components.placement import are_several
from components.scheduling.scheduler_config import cluster_rules, configuration, platform_rules, users_rules
from hub.settings import HubSettings, ServerNodes
from preview.inventory import Declared, Inventory
from preview.recorder import inventory
from settings import Settings
from settings.cluster import Cluster
from settings.load import SETTINGS_KEY
from settings.scheduling import SchedulingSection
from tests.unit.contents import pods

With = Callable[..., Inventory]
THERE = {"node_selector": {"example.org/purpose": "platform"}, "tolerations": [{"key": "ours", "effect": "NoSchedule"}]}
ELSEWHERE = {
    "node_selector": {"example.org/purpose": "users"},
    "tolerations": [{"key": "theirs", "value": "yes", "effect": "NoExecute"}],
}
TAINTED = {"key": "ours", "operator": "Exists", "effect": "NoSchedule"}
TAINTED_ELSEWHERE = {"key": "theirs", "operator": "Equal", "value": "yes", "effect": "NoExecute"}
EVERYTHING: dict[str, Any] = {
    "user_scheduler": {"replicas": 2},
    "placeholders": {"count": 3},
    "image_puller": {"before_rollout": True},
    "platform": THERE,
    "users": ELSEWHERE,
}
DEPLOYMENT, DAEMON_SET = "kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:DaemonSet"
BUDGET, PRIORITY = "kubernetes:policy/v1:PodDisruptionBudget", "kubernetes:scheduling.k8s.io/v1:PriorityClass"
READ = ("get", "list", "watch")
NOT_WAITED_FOR = "pulumi.com/skipAwait"


@pytest.fixture(scope="module")
def stack_with(tmp_path_factory: pytest.TempPathFactory) -> With:
    """The stack e2e with `scheduling` as it is said, evaluated once."""
    folder = tmp_path_factory.mktemp("stacks")

    def scheduled(scheduling: dict[str, Any] | None, **others: Any) -> Inventory:
        return evaluated(folder, json.dumps({"scheduling": scheduling, **others}))

    return scheduled


@cache
def evaluated(folder: Path, changes: str) -> Inventory:
    file = folder / "Pulumi.changed.yaml"
    file.write_text(yaml.safe_dump({"config": {SETTINGS_KEY: {"extends": "e2e", **json.loads(changes)}}}))
    return inventory("changed", stack_file=file, preview=True, known=True)


def specs(stack: Inventory) -> dict[str, dict[str, Any]]:
    """Of every pod, by its component."""
    return {
        template["metadata"]["labels"]["app.kubernetes.io/component"]: template["spec"] for _, template in pods(stack)
    }


def one(stack: Inventory, kind: str, name: str) -> Declared:
    [found] = [each for each in stack.of(kind) if each.inputs["metadata"]["name"] == name]
    return found


def told(stack: Inventory) -> HubSettings:
    config = one(stack, "kubernetes:core/v1:ConfigMap", "hub-settings")
    return HubSettings.model_validate_json(config.inputs["data"]["settings.json"])


def test_a_stack_that_asks_for_nothing_gets_nothing(stack_with: With) -> None:
    plain = stack_with(None)
    assert set(specs(plain)) == {"hub", "proxy", "database"}
    assert not [*plain.of(BUDGET), *plain.of(PRIORITY), *plain.of(DAEMON_SET)]
    assert told(plain).servers.nodes == ServerNodes()
    for spec in specs(plain).values():
        assert not {"priorityClassName", "nodeSelector", "tolerations", "schedulerName"} & set(spec)


@pytest.mark.parametrize(
    ("cluster", "several"),
    [
        ({"kind": "lab"}, False),
        ({"kind": "context", "context": "any"}, False),
        ({"kind": "context", "context": "any", "nodes": [("one", 1)]}, False),
        ({"kind": "context", "context": "any", "nodes": [("one", 2)]}, True),
        ({"kind": "context", "context": "any", "nodes": [("one", 1), ("two", 1)]}, True),
    ],
)
def test_whether_there_are_several_nodes(cluster: dict[str, Any], several: bool) -> None:
    pools = [{"name": name, "count": count, "cpu": 4, "memory": "8Gi"} for name, count in cluster.get("nodes", [])]
    said = {key: value for key, value in cluster.items() if key != "nodes"} | ({"nodes": pools} if pools else {})
    assert are_several(TypeAdapter[Cluster](Cluster).validate_python(said)) == several


@pytest.mark.parametrize(("of", "rule"), [("dev", "preferred"), ("urbalurba-lab", "preferred"), ("prod", "required")])
def test_pods_of_one_part_stay_apart_where_there_are_nodes_for_it(
    recorded: Callable[[str, bool], Inventory], of: str, rule: str
) -> None:
    found = specs(recorded(of, of == "prod"))
    for component in {"hub", "proxy", "user-scheduler"} & set(found):
        own = {"matchLabels": {"app.kubernetes.io/name": "jupyterhub", "app.kubernetes.io/component": component}}
        term = {"labelSelector": own, "topologyKey": "kubernetes.io/hostname"}
        wish = [term] if rule == "required" else [{"weight": 100, "podAffinityTerm": term}]
        assert found[component]["affinity"] == {
            "podAntiAffinity": {f"{rule}DuringSchedulingIgnoredDuringExecution": wish}
        }
        [zones] = found[component]["topologySpreadConstraints"]
        assert zones == {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": own,
        }


def test_the_platform_goes_to_its_nodes_and_servers_with_what_readies_them_to_theirs(stack_with: With) -> None:
    stack = stack_with(EVERYTHING)
    found = {
        component: (spec["nodeSelector"], spec["tolerations"], spec["priorityClassName"])
        for component, spec in specs(stack).items()
    }
    there = (THERE["node_selector"], [TAINTED], "e2e-platform")
    assert found == {
        **dict.fromkeys(("hub", "proxy", "database", "user-scheduler"), there),
        "image-puller": (ELSEWHERE["node_selector"], [TAINTED_ELSEWHERE], "e2e-users"),
        "user-placeholder": (ELSEWHERE["node_selector"], [TAINTED_ELSEWHERE], "e2e-placeholders"),
    }
    assert told(stack).servers.nodes == ServerNodes(
        scheduler="e2e-user-scheduler",
        priority_class="e2e-users",
        node_selector={"example.org/purpose": "users"},
        tolerations=(TAINTED_ELSEWHERE,),
    )


def test_placeholders_give_way_to_servers_and_servers_to_the_platform(stack_with: With) -> None:
    classes = stack_with(EVERYTHING).of(PRIORITY)
    values = {found.inputs["metadata"]["name"]: found.inputs["value"] for found in classes}
    # Zero is what pods have that say nothing: a server pushes nobody else's aside.
    assert values["e2e-placeholders"] < values["e2e-users"] == 0 < values["e2e-platform"]
    # https://github.com/kubernetes/autoscaler: below -10 a pod that waits brings no node.
    assert values["e2e-placeholders"] >= -10
    assert len(values) == 3
    assert not [found for found in classes if found.inputs.get("globalDefault")]
    without = {each.inputs["metadata"]["name"] for each in stack_with({"user_scheduler": {"replicas": 1}}).of(PRIORITY)}
    assert without == {"e2e-platform", "e2e-users"}


@pytest.mark.parametrize(("replicas", "nodes", "budgets"), [(1, 9, 0), (2, 9, 1), (5, 9, 1), (2, 1, 0)])
def test_one_of_several_schedulers_may_always_be_evicted(
    stack_with: With, replicas: int, nodes: int, budgets: int
) -> None:
    pool = {"name": "workers", "count": nodes, "cpu": 16, "memory": "64Gi"}
    cluster = {"kind": "context", "context": "any", "nodes": [pool]}
    stack = stack_with({"user_scheduler": {"replicas": replicas}}, cluster=cluster)
    assert one(stack, DEPLOYMENT, "user-scheduler").inputs["spec"]["replicas"] == replicas
    assert [each.inputs["spec"]["maxUnavailable"] for each in stack.of(BUDGET)] == [1] * budgets


def test_placeholders_are_as_large_as_the_default_server_and_found_by_its_scheduler(stack_with: With) -> None:
    stack = stack_with(EVERYTHING)
    placeholder = one(stack, DEPLOYMENT, "user-placeholder")
    assert placeholder.inputs["spec"]["replicas"] == 3
    assert placeholder.inputs["metadata"]["annotations"] == {NOT_WAITED_FOR: "true"}
    assert placeholder.inputs["metadata"]["namespace"] == "e2e"
    spec = specs(stack)["user-placeholder"]
    assert spec["schedulerName"] == told(stack).servers.nodes.scheduler
    assert spec["terminationGracePeriodSeconds"] == 0
    [container] = spec["containers"]
    assert container["resources"]["requests"] == {"cpu": "50m", "memory": "256Mi"}
    assert "schedulerName" not in specs(stack_with({"placeholders": {"count": 1}}))["user-placeholder"]


@pytest.mark.parametrize(("before_rollout", "waits"), [(True, True), (False, False)])
def test_a_new_hub_waits_for_the_images_where_it_is_asked_to(
    stack_with: With, before_rollout: bool, waits: bool
) -> None:
    stack = stack_with({"image_puller": {"before_rollout": before_rollout}})
    puller = one(stack, DAEMON_SET, "image-puller")
    images = [container["image"] for container in puller.inputs["spec"]["template"]["spec"]["containers"]]
    assert images == [image.reference for image in told(stack).servers.images]
    assert (NOT_WAITED_FOR in puller.inputs["metadata"].get("annotations", {})) != waits
    late = {each.inputs["metadata"]["name"] for each in stack.resources if puller.urn in each.depends_on}
    assert late == ({"hub", "hub-settings"} if waits else set())
    asked = puller.inputs["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    assert asked == {"cpu": "0", "memory": "0"}, "a full node would never get the images"


def test_the_schedulers_fill_one_node_before_the_next_and_choose_one_among_them() -> None:
    said = json.loads(configuration("one"))
    assert said["leaderElection"] == {
        "leaderElect": True,
        "resourceLock": "leases",
        "resourceNamespace": "one",
        "resourceName": "user-scheduler",
    }
    [profile] = said["profiles"]
    assert profile["schedulerName"] == "one-user-scheduler"
    [fit] = profile["pluginConfig"]
    assert fit["name"] == "NodeResourcesFit"
    assert fit["args"]["scoringStrategy"]["type"] == "MostAllocated"
    assert {each["name"] for each in fit["args"]["scoringStrategy"]["resources"]} == {"cpu", "memory"}
    scores = profile["plugins"]["score"]
    weights = {each["name"]: each["weight"] for each in scores["enabled"]}
    # An image that is there already never outweighs a node that could be emptied; what people ask for outweighs both.
    assert weights["ImageLocality"] * 100 <= weights["NodeResourcesFit"]
    assert weights["NodeResourcesFit"] * 100 <= min(weights["NodeAffinity"], weights["TaintToleration"])
    assert {each["name"] for each in scores["disabled"]} == {"NodeResourcesBalancedAllocation", "PodTopologySpread"}
    assert configuration("one") != configuration("two")


def test_the_scheduler_may_place_servers_and_push_aside_placeholders_alone() -> None:
    rules = {
        "cluster": cluster_rules(),
        "users": users_rules(),
        "platform": platform_rules(placeholders=False),
        "with placeholders": platform_rules(placeholders=True),
    }
    allowed = {where: {right for rule in found for right in _rights(rule)} for where, found in rules.items()}
    changed = {where: {right for right in found if right[1] not in READ} for where, found in allowed.items()}
    events = {("events", verb) for verb in ("create", "patch", "update")}
    placing = events | {("pods/binding", "create"), ("pods/status", "patch")}
    leading = {("leases", "create"), ("leases", "update")}
    assert changed == {
        "cluster": {("persistentvolumes", "update"), ("persistentvolumes", "patch")},
        "users": placing | {("persistentvolumeclaims", "update"), ("persistentvolumeclaims", "patch")},
        "platform": events | leading,
        "with placeholders": placing | leading | {("pods", "delete")},
    }
    assert not {resource for resource, _ in allowed["cluster"]} & {"secrets", "configmaps", "*"}


def _rights(rule: Any) -> set[tuple[str, str]]:
    return {(resource, verb) for resource in rule.resources for verb in rule.verbs}


@pytest.mark.parametrize(
    ("scheduling", "nodes"),
    [
        (None, ServerNodes()),
        ({"image_puller": {}}, ServerNodes(priority_class="jupyterhub-users")),
        (
            {"user_scheduler": {"replicas": 1}},
            ServerNodes(scheduler="jupyterhub-user-scheduler", priority_class="jupyterhub-users"),
        ),
        (
            {"users": {"node_selector": {"b": "2", "a": "1"}}},
            ServerNodes(priority_class="jupyterhub-users", node_selector={"a": "1", "b": "2"}),
        ),
        (
            {"users": {"tolerations": [{"key": "theirs", "effect": "PreferNoSchedule"}]}},
            ServerNodes(
                priority_class="jupyterhub-users",
                tolerations=({"key": "theirs", "operator": "Exists", "effect": "PreferNoSchedule"},),
            ),
        ),
    ],
)
def test_where_servers_go(dev: Settings, scheduling: dict[str, Any] | None, nodes: ServerNodes) -> None:
    asked = scheduling and SchedulingSection.model_validate(scheduling)
    assert server_nodes(dev.model_copy(update={"scheduling": asked})) == nodes
