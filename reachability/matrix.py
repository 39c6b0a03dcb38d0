"""Everybody who has a part in a stack's conversations, and what each may open to each. Pure.

The parties come out of the manifests: the workloads, the users' servers as the hub is told to make them, whoever a policy
names, and for each range of addresses that matters one that stands for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from hub.server_traits import server_traits
from hub.service_settings import SERVICE_LABEL
from hub.settings import SETTINGS_FILE, HubSettings
from reachability.ports import Ports, common
from reachability.semantics import NAME_LABEL, Address, End, Labels, Manifest, NotUnderstoodError, Pod, Policies, Port

ADDRESSES: Final[Mapping[str, str]] = {
    "cloud metadata": "169.254.169.254",
    "link-local": "169.254.1.1",
    "API server": "10.96.0.1",
    "private 10/8": "10.200.0.1",
    "private 172.16/12": "172.20.0.1",
    "private 192.168/16": "192.168.100.1",
    "shared 100.64/10": "100.70.0.1",
    "internet": "203.0.113.1",
}
"""Outside all pods. No policy can tell the API server from any other machine: its address is one of the cluster's choice."""
STRANGERS: Final = "elsewhere"
EVERYWHERE: Final = "0.0.0.0/0"


@dataclass(frozen=True)
class Party:
    name: str
    end: End
    ours: bool = False
    """In a namespace of the stack."""


@dataclass(frozen=True)
class Cell:
    """What policies open between two; a conversation takes both ends."""

    leaving: Ports
    entering: Ports

    @property
    def open(self) -> Ports:
        return common(self.leaving, self.entering)


@dataclass(frozen=True)
class Matrix:
    parties: tuple[Party, ...]
    cells: Mapping[tuple[str, str], Cell]
    """By the names of who begins and who is asked. Only conversations with an end of ours: others are not ours to judge."""


def matrix(manifests: Iterable[Manifest], parties: Iterable[Party] | None = None) -> Matrix:
    """What these manifests open between the parties, their own unless told otherwise."""
    there = list(manifests)
    policies = policies_in(there)
    everybody = tuple(parties_in(there) if parties is None else parties)
    return Matrix(
        everybody,
        {
            (source.name, target.name): Cell(
                policies.leaving(source.end, target.end), policies.entering(source.end, target.end)
            )
            for source in everybody
            for target in everybody
            if source.ours or target.ours
        },
    )


def policies_in(manifests: Sequence[Manifest]) -> Policies:
    return Policies(
        tuple(found for found in manifests if found["kind"] == "NetworkPolicy"),
        {found["metadata"]["name"]: found["metadata"].get("labels", {}) for found in _namespaces(manifests)},
    )


def parties_in(manifests: Sequence[Manifest]) -> list[Party]:
    addresses = (f"10.244.0.{number}" for number in range(2, 255))
    ours = [
        Party(name, _pod(namespace, labels, spec, next(addresses)), ours=True)
        for name, namespace, labels, spec in _pods(manifests)
    ]
    strangers = [Party(f"a pod in {STRANGERS}", Pod(STRANGERS, {}, next(addresses)))]
    named = [
        Party(name, Pod(namespace, labels, next(addresses)))
        for name, namespace, labels in _named_by_policies(manifests, [party.end for party in ours])
    ]
    outside = [Party(name, Address(address)) for name, address in {**ADDRESSES, **dict(_blocks(manifests))}.items()]
    return [*ours, *named, *strangers, *outside]


def _pods(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str, Labels, Manifest]]:
    """The pods in the namespaces of the stack: name, namespace, labels, spec."""
    for found in manifests:
        spec = found.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            metadata = found["metadata"]
            yield metadata["name"], metadata["namespace"], template["metadata"]["labels"], template["spec"]
    settings = _hub_settings(manifests)
    grouped = [service.name for service in settings.servers.services if service.groups is not None]
    users = [("a user's server", "ada", ()), ("another user's server", "bob", ())]
    users += [(f"a server with {name}", f"user-of-{name}", (name,)) for name in grouped]
    for name, user, allowed in users:
        yield name, settings.servers.namespace, user_labels(settings, user, allowed), {}
    for namespace in _namespaces(manifests):
        name = namespace["metadata"]["name"]
        yield f"any other pod in {name}", name, {}, {}


def user_labels(settings: HubSettings, user: str, allowed: Iterable[str]) -> dict[str, str]:
    """What the hub puts on the pod of somebody who may use these services beside those that are for everybody."""
    table: dict[str, Any] = {line.name: line.value for line in server_traits(settings)}
    component: str = table["component_label"]
    everybodys = [service.name for service in settings.servers.services if service.groups is None]
    return {
        **table["common_labels"],
        **table["extra_labels"],
        **{SERVICE_LABEL + name: "yes" for name in (*everybodys, *allowed)},
        "component": component,
        "app.kubernetes.io/component": component,
        "hub.jupyter.org/username": user,
    }


def _pod(namespace: str, labels: Labels, spec: Manifest, address: str) -> Pod:
    if spec.get("hostNetwork"):
        raise NotUnderstoodError("no policy holds a pod that shares the network of its node")
    ports = (
        Port(port["name"], port.get("protocol", "TCP"), port["containerPort"])
        for container in spec.get("containers", ())
        for port in container.get("ports", ())
        if "name" in port
    )
    return Pod(namespace, labels, address, tuple(ports))


def _named_by_policies(manifests: Sequence[Manifest], known: list[End]) -> Iterator[tuple[str, str, Labels]]:
    """Pods of others that a policy names by namespace and labels, and one beside them that has no labels."""
    found: dict[str, tuple[str, Labels]] = {}
    for peer in _peers(manifests):
        namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get(NAME_LABEL)
        labels: Labels = peer.get("podSelector", {}).get("matchLabels", {})
        if namespace is None or any(isinstance(end, Pod) and end.namespace == namespace for end in known):
            continue
        found[f"a pod in {namespace}"] = (namespace, {})
        if labels:
            found[" ".join([namespace, *sorted(labels.values())])] = (namespace, labels)
    for name, (namespace, labels) in found.items():
        yield name, namespace, labels


def _peers(manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    for found in manifests:
        if found["kind"] == "NetworkPolicy":
            for direction, peers in (("ingress", "from"), ("egress", "to")):
                for rule in found["spec"].get(direction, ()):
                    yield from rule.get(peers, ())


def _blocks(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    """The ranges that a policy names, and an address that stands for each."""
    for peer in _peers(manifests):
        cidr = peer.get("ipBlock", {}).get("cidr", EVERYWHERE)
        if cidr != EVERYWHERE:
            yield cidr, str(ip_network(cidr).network_address)


def _namespaces(manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    return (found for found in manifests if found["kind"] == "Namespace")


def _hub_settings(manifests: Sequence[Manifest]) -> HubSettings:
    texts = [found["data"].get(SETTINGS_FILE.name) for found in manifests if found["kind"] == "ConfigMap"]
    [told] = [text for text in texts if text is not None]
    return HubSettings.model_validate_json(told)
