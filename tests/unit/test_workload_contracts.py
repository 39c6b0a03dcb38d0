"""Rules over every workload of every stack: its pods, their accounts and their rights."""

import re

import pytest

from preview.inventory import Inventory
from tests.unit.contents import containers, name, pods

SEVERAL = {"user-scheduler", "user-placeholder", "cloudflared"}
"""What there may be more than one of: schedulers choose one among them to work, placeholders do nothing, and tunnels share theirs."""


def test_no_secret_travels_as_an_argument_or_a_literal(stack: Inventory) -> None:
    for container in containers(stack):
        for variable in container.get("env", []):
            secret = re.search("TOKEN|PASSWORD|SECRET|KEY", variable["name"])
            assert not secret or "secretKeyRef" in variable["valueFrom"], variable["name"]


def test_containers_say_what_they_need_and_whether_they_are_well(stack: Inventory) -> None:
    for container in containers(stack):
        resources = container["resources"]
        assert {"cpu", "memory"} == set(resources["requests"]) == set(resources["limits"]), container["name"]
        only_sleeps = container.get("command") == ["sleep", "infinity"]
        # It is well as long as it is there.
        needed = set[str]() if only_sleeps else {"readinessProbe", "livenessProbe"}
        assert {"readinessProbe", "livenessProbe"} & set(container) == needed, container["name"]


def test_containers_are_restricted(stack: Inventory) -> None:
    for _, template in pods(stack):
        security = template["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(stack):
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, container["name"]
        assert security["readOnlyRootFilesystem"] is True, container["name"]
        assert security["capabilities"] == {"drop": ["ALL"]}, container["name"]


def test_every_workload_has_an_account_of_its_own(stack: Inventory) -> None:
    """Named like it, so that a right given to one is given to no other, and none is left to `default`."""
    there = {name(account) for account in stack.of("kubernetes:core/v1:ServiceAccount")}
    used = [
        ("ServiceAccount", namespace, template["spec"]["serviceAccountName"]) for namespace, template in pods(stack)
    ]
    assert sorted(used) == sorted(there)
    for namespace, template in pods(stack):
        component = template["metadata"]["labels"]["app.kubernetes.io/component"]
        assert template["spec"]["serviceAccountName"] == component, namespace


def test_a_token_is_mounted_where_a_binding_gives_it_rights_and_nowhere_else(stack: Inventory) -> None:
    bound = {
        (subject["namespace"], subject["name"])
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in stack.of(f"kubernetes:rbac.authorization.k8s.io/v1:{kind}")
        for subject in binding.inputs["subjects"]
    }
    mounted = {
        (namespace, template["spec"]["serviceAccountName"])
        for namespace, template in pods(stack)
        if template["spec"]["automountServiceAccountToken"]
    }
    assert mounted == bound
    assert (stack.outputs["namespace"], "hub") in bound
    for account in stack.of("kubernetes:core/v1:ServiceAccount"):
        assert account.inputs["automountServiceAccountToken"] is False, account.urn


def test_no_variable_comes_from_a_service_nearby(stack: Inventory) -> None:
    for namespace, template in pods(stack):
        assert template["spec"]["enableServiceLinks"] is False, (namespace, template["metadata"])


def test_the_hub_may_do_what_spawning_needs_and_no_more(stack: Inventory) -> None:
    role = stack.one("kubernetes:rbac.authorization.k8s.io/v1:Role", "hub-role").inputs
    allowed = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    read = ("get", "list", "watch")
    assert allowed == {
        *(("pods", verb) for verb in (*read, "create", "delete")),
        *(("persistentvolumeclaims", verb) for verb in (*read, "create")),
        *(("events", verb) for verb in read),
    }
    assert all(rule["apiGroups"] == [""] for rule in role["rules"])
    assert role["metadata"]["namespace"] == stack.outputs["users_namespace"]


def test_images_are_pinned_by_content(stack: Inventory) -> None:
    for container in containers(stack):
        assert re.search(r"@sha256:[0-9a-f]{64}$|^lab\.local/\w+:[0-9a-f]{16}$|^\w+:unpinned$", container["image"])


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_there_is_one_of_each_workload_and_it_goes_before_the_next_comes(stack: Inventory, kind: str) -> None:
    for workload in stack.of(f"kubernetes:apps/v1:{kind}"):
        spec = workload.inputs["spec"]
        if workload.name not in SEVERAL:
            assert spec["replicas"] == 1, workload.urn
            assert kind == "StatefulSet" or spec["strategy"] == {"type": "Recreate"}, workload.urn


def test_what_there_are_several_of_shares_no_state(stack: Inventory) -> None:
    for workload in stack.of("kubernetes:apps/v1:Deployment"):
        volumes = workload.inputs["spec"]["template"]["spec"].get("volumes", [])
        assert workload.name not in SEVERAL or all("persistentVolumeClaim" not in volume for volume in volumes)


def test_no_budget_keeps_a_node_from_being_drained(stack: Inventory) -> None:
    """One that covers a single pod would: it could never be evicted."""
    deployments = {name(found)[1:]: found.inputs["spec"] for found in stack.of("kubernetes:apps/v1:Deployment")}
    for budget in stack.of("kubernetes:policy/v1:PodDisruptionBudget"):
        spec, (_, namespace, _) = budget.inputs["spec"], name(budget)
        assert spec["maxUnavailable"] == 1
        assert "minAvailable" not in spec
        covered = [
            deployment["replicas"]
            for (there, _), deployment in deployments.items()
            if there == namespace
            and spec["selector"]["matchLabels"].items() <= deployment["template"]["metadata"]["labels"].items()
        ]
        assert covered, budget.urn
        assert min(covered) > 1, budget.urn
