"""Rules over every resource of every stack. A rule worth writing down stands here, not in a style guide."""

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from preview.inventory import Declared, Inventory, Secret
from tests.unit.contents import containers, leaves, name, objects, pods

STANDARD_LABELS = {f"app.kubernetes.io/{key}" for key in ("name", "component", "part-of", "managed-by")}
OBJECTS_AT_LEAST = 20
LEADING = ("Ingress", "IngressRoute", "HTTPRoute", "Gateway")
"""By which controllers of a cluster lead people in."""
ANSWERED = ("Tunnel", "Access")
"""The components whose Secrets hold what somebody else's service chose: they go with it."""
GIVEN = {
    "e2e": {("Secret", "e2e", "site-secrets")},
    "profiles": {("Secret", "profiles", "site-secrets")},
    "urbalurba-lab": {("Secret", "urbalurba", "urbalurba-secrets")},
}
"""What the stack file says somebody else keeps."""


def test_the_rules_below_have_something_to_judge(stack: Inventory) -> None:
    assert len(objects(stack)) >= OBJECTS_AT_LEAST
    assert len(list(containers(stack))) >= 2


def test_urns_and_objects_are_unique(stack: Inventory) -> None:
    urns = [resource.urn for resource in stack.resources]
    names = [name(resource) for resource in objects(stack)]
    assert len(set(urns)) == len(urns)
    assert len(set(names)) == len(names)


def test_only_the_platform_and_its_cluster_stand_at_the_top(stack: Inventory) -> None:
    assert {resource.name for resource in stack.roots} == {"platform", "cluster"}


def test_every_object_goes_to_the_cluster_of_the_stack_file(stack: Inventory) -> None:
    assert {resource.provider.rpartition("::")[2] for resource in objects(stack)} == {"cluster"}


@pytest.mark.parametrize("of", ["dev", "e2e"])
def test_a_preview_declares_what_an_update_does(recorded: Callable[[str, bool], Inventory], of: str) -> None:
    preview, update = recorded(of, True), recorded(of, False)
    assert [resource.urn for resource in preview.resources] == [resource.urn for resource in update.resources]


def test_every_object_has_a_fixed_name_and_the_standard_labels(stack: Inventory) -> None:
    for resource in objects(stack):
        metadata = resource.inputs["metadata"]
        assert isinstance(metadata["name"], str), resource.urn
        assert set(metadata["labels"]) >= STANDARD_LABELS, resource.urn


def test_no_list_is_empty(stack: Inventory) -> None:
    """An API server keeps none, and so would find each `up` to change the object again."""
    assert [(resource.urn, path) for resource in objects(stack) for path in empty_lists(resource.inputs)] == []


def empty_lists(node: Any, path: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            yield from empty_lists(value, f"{path}.{key}")
    elif isinstance(node, list):
        if not node:
            yield path
        for each in cast("list[Any]", node):
            yield from empty_lists(each, path)


def test_selectors_are_part_of_the_labels_they_select(stack: Inventory) -> None:
    for resource in objects(stack):
        spec = resource.inputs.get("spec", {})
        if "template" in spec:
            assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def test_every_service_selects_the_pods_of_one_workload(stack: Inventory) -> None:
    for service in stack.of("kubernetes:core/v1:Service"):
        chosen = service.inputs["spec"]["selector"].items()
        there = [template for _, template in pods(stack) if chosen <= template["metadata"]["labels"].items()]
        assert len(there) == 1, service.urn
        [container] = there[0]["spec"]["containers"]
        open_ports = {port["name"] for port in container["ports"]} | {
            port["containerPort"] for port in container["ports"]
        }
        for port in service.inputs["spec"]["ports"]:
            assert port.get("targetPort", port["port"]) in open_ports, service.urn


def test_what_pods_read_can_be_changed_in_place(stack: Inventory) -> None:
    for resource in objects(stack):
        assert "immutable" not in resource.inputs, resource.urn


def test_nothing_is_reachable_from_outside_the_cluster(stack: Inventory) -> None:
    for service in stack.of("kubernetes:core/v1:Service"):
        assert service.inputs["spec"].get("type", "ClusterIP") == "ClusterIP", service.urn


def test_a_tunnel_is_the_only_way_in_where_there_is_one(stack: Inventory) -> None:
    tunnel = stack.of("cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared")
    leading = [each.urn for each in objects(stack) if each.inputs["kind"] in LEADING]
    assert not (tunnel and leading), leading
    callers = (
        [
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
            for policy in stack.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
            if policy.name == "proxy-edges"
            for rule in policy.inputs["spec"]["ingress"]
            if 8000 in [port["port"] for port in rule.get("ports", [])]
            for peer in rule["from"]
        ]
        if tunnel
        else ["cloudflared"]
    )
    assert callers == ["cloudflared"]


def test_secrets_end_in_secrets_and_nowhere_else(stack: Inventory) -> None:
    for resource in stack.resources:
        inputs = dict(resource.inputs)
        if resource.type == "kubernetes:core/v1:Secret":
            values = inputs.pop("stringData", {})
            # A preview that cannot know one value yet hides the whole map.
            assert isinstance(values, Secret) or all(isinstance(v, Secret) for v in values.values()), resource.urn
        # Other services are told secrets too; the engine encrypts them on the way.
        shown = [
            leaf for leaf in leaves(inputs) if is_told(leaf) or (isinstance(leaf, Secret) and resource.is_kubernetes)
        ]
        assert shown == [], resource.urn
    assert not [value for value in leaves(dict(stack.outputs)) if isinstance(value, Secret) or is_told(value)]


def is_told(leaf: object) -> bool:
    """Whether a secret stands there in the clear. What identifies an object is none."""
    return re.search(r"<<(?!id:)|<<id:[^>]*:clientSecret>>", "" if isinstance(leaf, Secret) else str(leaf)) is not None


def test_both_namespaces_are_restricted_and_closed(stack: Inventory) -> None:
    namespaces = stack.of("kubernetes:core/v1:Namespace")
    assert len(namespaces) == 2
    for namespace in namespaces:
        for mode in ("enforce", "audit", "warn"):
            assert namespace.inputs["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] == "restricted"
    closed = {
        policy.inputs["metadata"]["namespace"]
        for policy in stack.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if policy.inputs["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }
    assert closed == {namespace.inputs["metadata"]["name"] for namespace in namespaces}


def test_what_holds_data_is_kept(stack: Inventory) -> None:
    kinds = ("Namespace", "PersistentVolumeClaim", "Secret", "RandomPassword")
    for resource in stack.resources:
        kind = resource.type.rpartition(":")[2]
        # One we leave empty is filled from elsewhere, and would be again.
        copy = kind == "Secret" and ("stringData" not in resource.inputs or component_of(resource, stack) in ANSWERED)
        assert resource.protect == (kind in kinds and not copy), resource.urn


def component_of(resource: Declared, stack: Inventory) -> str:
    return next(found.type.rpartition(":")[2] for found in stack.resources if found.urn == resource.parent)


def references(namespace: str, template: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    spec = template["spec"]
    if "serviceAccountName" in spec:
        yield "ServiceAccount", namespace, spec["serviceAccountName"]
    for volume in spec.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", namespace, volume["configMap"]["name"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", namespace, volume["persistentVolumeClaim"]["claimName"]
        secrets = [volume["secret"]["secretName"]] if "secret" in volume else []
        secrets += [source["secret"]["name"] for source in volume.get("projected", {}).get("sources", [])]
        yield from (("Secret", namespace, secret) for secret in secrets)
    for container in spec["containers"]:
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                yield "Secret", namespace, variable["valueFrom"]["secretKeyRef"]["name"]


def test_everything_a_pod_refers_to_exists(stack: Inventory) -> None:
    there = {name(resource) for resource in objects(stack)}
    wanted = {reference for namespace, template in pods(stack) for reference in references(namespace, template)}
    assert len(wanted) >= 6
    assert wanted - there == GIVEN.get(stack.stack, set())


def test_every_role_binding_refers_to_a_role_and_an_account_of_ours(stack: Inventory) -> None:
    there = {name(resource) for resource in objects(stack)}
    bindings = stack.of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
    assert bindings
    for binding in bindings:
        namespace = binding.inputs["metadata"]["namespace"]
        role = binding.inputs["roleRef"]
        assert role["apiGroup"] == "rbac.authorization.k8s.io"
        assert (role["kind"], namespace, role["name"]) in there
        for subject in binding.inputs["subjects"]:
            assert (subject["kind"], subject["namespace"], subject["name"]) in there
