"""Which conversations the policies open, read back from the specs that go to Kubernetes."""

from collections.abc import Callable
from typing import Any

import pytest

from preview.inventory import Inventory
from reachability.matrix import parties_in
from reachability.semantics import Pod
from settings import Settings

PLATFORM, USERS = "jupyterhub", "jupyterhub-users"
HUB, PROXY = (PLATFORM, "hub"), (PLATFORM, "proxy")
KEYCLOAK, ITS_DATABASE = (PLATFORM, "keycloak"), (PLATFORM, "keycloak-database")
SERVER, DNS = (USERS, "singleuser-server"), ("kube-system", "kube-dns")


def party(namespace: str, labels: dict[str, str]) -> tuple[str, str]:
    found = {value for key, value in labels.items() if key.rpartition("/")[2] in ("component", "k8s-app")}
    return namespace, found.pop() if labels else "any"


def peer(spec: dict[str, Any]) -> tuple[str, str]:
    if "ipBlock" in spec:
        return "outside", ",".join(spec["ipBlock"]["except"])
    return party(
        spec["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
        spec["podSelector"].get("matchLabels", {}),
    )


def opened(stack: Inventory, direction: str, end: str) -> set[tuple[tuple[str, str], tuple[str, str], tuple[int, ...]]]:
    found: set[tuple[tuple[str, str], tuple[str, str], tuple[int, ...]]] = set()
    for policy in stack.of("kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        namespace = policy.inputs["metadata"]["namespace"]
        for rule in policy.inputs["spec"].get(direction, []):
            owner = party(namespace, policy.inputs["spec"]["podSelector"]["matchLabels"])
            [other] = [peer(spec) for spec in rule[end]]
            ports = tuple(sorted({port["port"] for port in rule.get("ports", [])}))
            found.add((owner, other, ports) if direction == "egress" else (other, owner, ports))
    return found


@pytest.fixture
def dev_stack(recorded: Callable[[str, bool], Inventory]) -> Inventory:
    return recorded("dev", False)


def test_exactly_these_conversations_may_be_begun(dev_stack: Inventory, dev: Settings) -> None:
    private = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16"
    login = {(HUB, KEYCLOAK, (8080,)), (KEYCLOAK, ITS_DATABASE, (5432,)), (KEYCLOAK, DNS, (53,))}
    assert opened(dev_stack, "egress", "to") - (login if dev.runs_keycloak else set()) == {
        (PROXY, HUB, (8081,)),
        (HUB, PROXY, (8001,)),
        (PROXY, SERVER, (8888,)),
        (HUB, SERVER, (8888,)),
        (SERVER, HUB, (8081,)),
        (HUB, DNS, (53,)),
        (PROXY, DNS, (53,)),
        (SERVER, DNS, (53,)),
        (HUB, ("outside", "169.254.169.254/32"), (443, 6443)),
        (SERVER, ("outside", private), ()),
    }


def test_every_conversation_between_our_pods_is_accepted_at_its_other_end(dev_stack: Inventory) -> None:
    parts = (HUB, PROXY, SERVER, KEYCLOAK, ITS_DATABASE)
    ours = {edge for edge in opened(dev_stack, "egress", "to") if edge[1] in parts}
    assert opened(dev_stack, "ingress", "from") == ours


def test_a_postgres_of_ours_is_reached_by_the_hub_alone(recorded: Callable[[str, bool], Inventory]) -> None:
    stack = recorded("e2e", False)
    database = {edge for edge in opened(stack, "ingress", "from") if edge[1][1] == "database"}
    assert database == {(("e2e", "hub"), ("e2e", "database"), (5432,))}
    assert not {edge for edge in opened(stack, "egress", "to") if edge[0][1] == "database"}


def test_only_the_pods_of_prometheus_may_ask_for_metrics(recorded: Callable[[str, bool], Inventory]) -> None:
    stack = recorded("e2e", False)
    prometheus = ("monitoring", "any")
    metrics = {(prometheus, ("e2e", "hub"), (8081,)), (prometheus, ("e2e", "proxy"), (8002,))}
    found = opened(stack, "ingress", "from")
    assert {edge for edge in found if edge[0] == prometheus or 8002 in edge[2]} == metrics


def test_only_names_and_the_edge_are_asked_for_over_udp(stack: Inventory) -> None:
    both = {53, 7844}
    for policy in stack.of("kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        for direction in ("ingress", "egress"):
            for rule in policy.inputs["spec"].get(direction, []):
                ways = [(port["port"], port["protocol"]) for port in rule.get("ports", [])]
                over_udp = {port for port, protocol in ways if protocol == "UDP"}
                assert over_udp == both & {port for port, _ in ways}, policy.urn


def test_every_policy_closes_both_directions_and_holds_pods_by_the_labels_they_have(stack: Inventory) -> None:
    parties = parties_in([dict(resource.inputs) for resource in stack.resources if resource.is_kubernetes])
    there = [(party.end.namespace, party.end.labels) for party in parties if isinstance(party.end, Pod)]
    for policy in stack.of("kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        spec = policy.inputs["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"], policy.urn
        wanted = spec["podSelector"].get("matchLabels", {})
        held = [labels for namespace, labels in there if namespace == policy.inputs["metadata"]["namespace"]]
        assert [labels for labels in held if wanted.items() <= labels.items()], policy.urn
