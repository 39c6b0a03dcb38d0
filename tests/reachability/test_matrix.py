"""The manifests of every stack open what its edges declare, to a port; and whatever is taken from them or added is seen."""

import copy
import random
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from typing import Any, cast

import pytest
from pulumi._types import input_type_to_dict

from components.network.edges import Addresses, Edge, Others, Pods, edges
from components.network.mesh import TUNNEL_PORT, through_the_mesh
from components.network.policies import policies
from preview.recorder import inventory
from reachability.matrix import ADDRESSES, Matrix, Party, matrix, parties_in
from reachability.ports import in_words
from reachability.semantics import Address, NotUnderstoodError, Pod
from settings.load import ROOT, STACK_FOLDERS, read, stack_file
from tests.reachability.judge import expected

Manifest = dict[str, Any]
USERS = ("a user's server", "another user's server")
STACKS = sorted(
    path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    for folder in STACK_FOLDERS
    for path in (ROOT / folder).glob("Pulumi.*.yaml")
)


@cache
def manifests(stack: str) -> list[Manifest]:
    lab = read(stack_file(stack)).cluster.kind == "lab"
    found = inventory(stack, preview=not lab, known=True)
    return [dict(resource.inputs) for resource in found.resources if resource.is_kubernetes]


@cache
def parties(stack: str) -> tuple[Party, ...]:
    return tuple(parties_in(manifests(stack)))


@cache
def declared(stack: str) -> dict[tuple[str, str], Any]:
    settings = read(stack_file(stack))
    listed = edges(settings)
    listed = through_the_mesh(listed, settings.namespace.name) if settings.mesh else listed
    return expected(listed, parties(stack))


def differs(stack: str, changed: list[Manifest]) -> bool:
    return matrix(changed, parties(stack)).cells != declared(stack)


def network_policies(found: list[Manifest]) -> list[Manifest]:
    return [manifest for manifest in found if manifest["kind"] == "NetworkPolicy"]


def test_there_are_stacks_and_each_has_parties_of_every_sort() -> None:
    assert {"dev", "prod", "e2e"} <= set(STACKS)
    for stack in STACKS:
        names = {party.name for party in parties(stack)}
        assert {"hub", "proxy", "a user's server", "another user's server", "kube-system kube-dns"} <= names
        assert len(names) == len(parties(stack))
        ours = [party for party in parties(stack) if party.ours]
        assert len({party.end.address for party in parties(stack)}) == len(parties(stack))
        for workload in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            there = {found["metadata"]["name"] for found in manifests(stack) if found["kind"] == workload}
            assert there <= {party.name for party in ours}


@pytest.mark.parametrize("stack", STACKS)
def test_the_manifests_open_what_the_edges_declare(stack: str) -> None:
    assert {pair: cell for pair, cell in matrix(manifests(stack)).cells.items() if cell != declared(stack)[pair]} == {}
    assert matrix(manifests(stack)).cells.keys() == declared(stack).keys()


@pytest.mark.parametrize("stack", STACKS)
def test_what_nobody_may_ever_do(stack: str) -> None:
    names = [party.name for party in parties(stack)]
    opened = {pair: in_words(cell.open) for pair, cell in matrix(manifests(stack)).cells.items()}
    inside = [party.name for party in parties(stack) if party.ours]
    private = [name for name, address in ADDRESSES.items() if ip_address(address).is_private and name != "internet"]
    assert "cloud metadata" in private
    for user in USERS:
        assert {name for name in inside if opened[user, name]} == {user, "hub"}
        assert set(opened[user, "hub"].split(", ")) <= {"8081", str(TUNNEL_PORT)}
        assert not [name for name in private if opened[user, name]]
        assert not [name for name in USERS if name != user and opened[name, user]]
    assert not [name for name in inside if opened[name, "cloud metadata"]]
    for nobody in (name for name in inside if name.startswith("any other pod")):
        assert {pair for pair in opened if nobody in pair and opened[pair]} == {(nobody, nobody)}
    assert not [name for name in names if name not in inside and opened.get((name, "database"))]


def mutants(found: list[Manifest]) -> Iterator[tuple[str, list[Manifest]]]:
    """Every way to leave out one policy, one rule, one peer, one port, one exception or one direction."""
    for place, manifest in enumerate(found):
        if manifest["kind"] != "NetworkPolicy":
            continue
        title = f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"
        yield title, [*found[:place], *found[place + 1 :]]
        for path in removable(manifest["spec"], manifest["metadata"]["namespace"]):
            changed = copy.deepcopy(manifest)
            remove(changed["spec"], path)
            yield f"{title} {path}", [*found[:place], changed, *found[place + 1 :]]


def removable(spec: Manifest, namespace: str) -> Iterator[tuple[str | int, ...]]:
    """All but what says the same without it."""
    for number, direction in enumerate(spec["policyTypes"]):
        if spec.get(direction.lower()) or not spec["podSelector"]:
            yield "policyTypes", number
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for place, rule in enumerate(spec.get(direction, [])):
            yield direction, place
            yield from ((direction, place, "ports", port) for port in range(len(rule.get("ports", []))))
            for each, peer in enumerate(rule[peers]):
                here = (direction, place, peers, each)
                yield here
                at_home = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
                yield from ((*here, part) for part in peer if len(peer) > 1 and peer[part] not in (at_home, {}))
                cuts = peer.get("ipBlock", {}).get("except", [])
                yield from ((*here, "ipBlock", "except", cut) for cut in range(len(cuts)))


def remove(spec: Manifest, path: tuple[str | int, ...]) -> None:
    node: Any = spec
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]


@pytest.mark.parametrize("stack", STACKS)
def test_whatever_is_left_out_is_seen(stack: str) -> None:
    listed = list(mutants(manifests(stack)))
    assert len(listed) >= 5 * len(network_policies(manifests(stack)))
    covered = [(title, changed) for title, changed in listed if not differs(stack, changed)]
    whole = between_pods(stack, manifests(stack))
    assert [title for title, changed in covered if between_pods(stack, changed) == whole] == []
    assert not differs(stack, manifests(stack))


def between_pods(stack: str, found: list[Manifest]) -> Matrix:
    """Without the rules for addresses, which cover for rules for pods: in a mesh, all that is encrypted has one port."""
    left = copy.deepcopy(found)
    for manifest in network_policies(left):
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            rules = manifest["spec"].get(direction, [])
            rules[:] = [rule for rule in rules if not any("ipBlock" in peer for peer in rule.get(peers, []))]
    return matrix(left, parties(stack))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_whatever_is_opened_is_seen(stack: str, direction: str) -> None:
    found = manifests(stack)
    for place, manifest in enumerate(found):
        if manifest["kind"] == "NetworkPolicy":
            for rule in ({}, {"ports": [{"port": 4321}]}, {"ports": [{"protocol": "UDP"}]}):
                changed = copy.deepcopy(manifest)
                changed["spec"].setdefault(direction, []).append(rule)
                mutant = [*found[:place], changed, *found[place + 1 :]]
                assert differs(stack, mutant), (manifest["metadata"], rule)


@pytest.mark.parametrize("stack", STACKS)
def test_an_allow_all_policy_is_seen(stack: str) -> None:
    found = manifests(stack)
    for namespace in {manifest["metadata"]["namespace"] for manifest in network_policies(found)}:
        for direction in ("ingress", "egress"):
            spec: Manifest = {"podSelector": {}, "policyTypes": [direction.title()], direction: [{}]}
            added = {"kind": "NetworkPolicy", "metadata": {"name": "open", "namespace": namespace}, "spec": spec}
            assert differs(stack, [*found, added]), (namespace, direction)


def plain(node: Any) -> Any:
    """The arguments of a resource as the manifest they become."""
    if isinstance(node, list):
        return [plain(each) for each in cast("list[Any]", node)]
    if isinstance(node, str | int):
        return node
    fields = cast("dict[str, Any]", node if isinstance(node, dict) else input_type_to_dict(node))
    return {key: plain(value) for key, value in fields.items() if value is not None}


def any_edges(chance: random.Random) -> list[Edge]:
    pods = [Pods(namespace, f"part{number}") for namespace in ("platform", "users") for number in range(3)]
    others = [Others("other", {"app": "one"}), Others("other"), Others("elsewhere", {"app": "one"})]
    outside = [Addresses(()), Addresses(("10.0.0.0/8",)), Addresses(("203.0.113.0/24", "169.254.169.254/32"))]
    made: list[Edge] = []
    for _ in range(chance.randrange(1, 12)):
        source = chance.choice([*pods, *others])
        target = chance.choice(pods if isinstance(source, Others) else [*pods, *others, *outside])
        ports = tuple(chance.sample((53, 80, 81, 443, 8888), chance.randrange(3)))
        made.append(Edge(source, target, ports, chance.choice((("TCP",), ("UDP", "TCP"), ("UDP",)))))
    return made


def any_parties() -> list[Party]:
    addresses = iter(f"10.244.1.{number}" for number in range(1, 100))
    ours = [
        Party(f"{namespace}-{component}-{twin}", Pod(namespace, labels(component), next(addresses)), ours=True)
        for namespace in ("platform", "users")
        for component in ("part0", "part1", "part2", "none")
        for twin in range(2)
    ]
    others = [
        Party(f"{namespace}-{app}", Pod(namespace, {"app": app}, next(addresses)))
        for namespace in ("other", "elsewhere")
        for app in ("one", "two")
    ]
    outside = [Party(address, Address(address)) for address in ("169.254.169.254", "10.1.1.1", "203.0.113.1")]
    return [*ours, *others, *outside]


def labels(component: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "jupyterhub", "app.kubernetes.io/component": component}


def compiled(listed: list[Edge]) -> Matrix:
    closed: Manifest = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    specs = [("platform", closed), ("users", closed)]
    specs += [(policy.pods.namespace, plain(policy.spec)) for policy in policies(listed)]
    found = [{"kind": "NetworkPolicy", "metadata": {"namespace": where}, "spec": spec} for where, spec in specs]
    return matrix(found, any_parties())


@pytest.mark.parametrize("seed", range(150))
def test_any_list_of_edges_becomes_policies_that_open_just_that(seed: int) -> None:
    listed = any_edges(random.Random(seed))  # noqa: S311 - chance, not a secret
    wanted = expected(listed, any_parties())
    assert {pair: cell for pair, cell in compiled(listed).cells.items() if cell != wanted[pair]} == {}


def test_a_pod_on_the_network_of_its_node_is_not_judged() -> None:
    found = copy.deepcopy(manifests("dev"))
    [hub] = [each for each in found if each["kind"] == "Deployment" and each["metadata"]["name"] == "hub"]
    hub["spec"]["template"]["spec"]["hostNetwork"] = True
    with pytest.raises(NotUnderstoodError, match="network of its node"):
        matrix(found)
