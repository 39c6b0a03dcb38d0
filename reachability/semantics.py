"""What NetworkPolicies mean: https://kubernetes.io/docs/concepts/services-networking/network-policies/. Pure.

It knows nothing of how ours are written. A policy with a part it does not know is refused rather than half understood.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final, Literal, TypeAlias

from reachability.ports import EVERY, FIRST, LAST, PROTOCOLS, Ports, Range, common, union

Manifest: TypeAlias = Mapping[str, Any]
Labels: TypeAlias = Mapping[str, str]
Direction: TypeAlias = Literal["Ingress", "Egress"]
NAME_LABEL: Final = "kubernetes.io/metadata.name"
"""What every namespace carries, whoever made it."""
_PEERS: Final[Mapping[Direction, str]] = {"Ingress": "from", "Egress": "to"}


class NotUnderstoodError(Exception):
    """A manifest says something whose meaning is not known here."""


@dataclass(frozen=True)
class Port:
    """One that a container has given a name."""

    name: str
    protocol: str
    number: int


@dataclass(frozen=True)
class Pod:
    namespace: str
    labels: Labels
    address: str
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True)
class Address:
    """What is no pod: a machine, a service of the cloud, the internet."""

    address: str


End: TypeAlias = Pod | Address


@dataclass(frozen=True)
class Policies:
    """All policies of a cluster, and the labels of its namespaces."""

    policies: tuple[Manifest, ...]
    namespaces: Mapping[str, Labels] = field(default_factory=dict[str, Labels])

    def __post_init__(self) -> None:
        for policy in self.policies:
            _require(policy["spec"], {"podSelector", "policyTypes", "ingress", "egress"})

    def open(self, source: End, target: End) -> Ports:
        """Where the one may begin a conversation with the other; the ports are those of the pod behind any Service."""
        return common(self.leaving(source, target), self.entering(source, target))

    def leaving(self, source: End, target: End) -> Ports:
        """What the one who begins is let out to."""
        if source == target or not isinstance(source, Pod):
            return EVERY  # nobody is cut off from themselves
        return self._opened(source, "Egress", target, target)

    def entering(self, source: End, target: End) -> Ports:
        """What is let in to the one who is asked."""
        if source == target or not isinstance(target, Pod):
            return EVERY
        return self._opened(target, "Ingress", source, target)

    def _opened(self, pod: Pod, direction: Direction, other: End, target: End) -> Ports:
        """What one end of a conversation allows."""
        holding = [policy for policy in self.policies if _holds(policy, pod, direction)]
        if not holding:
            return EVERY
        return union(
            found
            for policy in holding
            for rule in policy["spec"].get(direction.lower()) or ()
            if self._speaks_of(rule, direction, other, policy["metadata"]["namespace"])
            for found in _ports(rule.get("ports"), target)
        )

    def _speaks_of(self, rule: Manifest, direction: Direction, other: End, home: str) -> bool:
        _require(rule, {_PEERS[direction], "ports"})
        peers = rule.get(_PEERS[direction])
        return not peers or any(self._is(peer, other, home) for peer in peers)

    def _is(self, peer: Manifest, end: End, home: str) -> bool:
        _require(peer, {"ipBlock", "namespaceSelector", "podSelector"})
        block, namespaces, pods = (peer.get(part) for part in ("ipBlock", "namespaceSelector", "podSelector"))
        if (block is None) == (namespaces is None and pods is None):
            raise NotUnderstoodError(f"a peer is either addresses or pods: {dict(peer)}")
        if block is not None:
            return _within(block, end.address)
        if not isinstance(end, Pod):
            return False
        at_home = end.namespace == home if namespaces is None else selects(namespaces, self._labels_of(end.namespace))
        return at_home and (pods is None or selects(pods, end.labels))

    def _labels_of(self, namespace: str) -> Labels:
        return {**self.namespaces.get(namespace, {}), NAME_LABEL: namespace}


def selects(selector: Manifest, labels: Labels) -> bool:
    """An empty selector selects everything."""
    _require(selector, {"matchLabels", "matchExpressions"})
    wanted: Labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(_is_true(found, labels) for found in expressions)


def _is_true(expression: Manifest, labels: Labels) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise NotUnderstoodError(f"{other!r} is no operator of a selector")


def _holds(policy: Manifest, pod: Pod, direction: Direction) -> bool:
    """Whether a policy says anything about this direction of this pod."""
    return (
        policy["metadata"]["namespace"] == pod.namespace
        and direction in _directions(policy["spec"])
        and selects(policy["spec"].get("podSelector") or {}, pod.labels)
    )


def _directions(spec: Manifest) -> Iterable[str]:
    """What is not said follows from the rules: always incoming, and outgoing where there is a rule about it."""
    return spec.get("policyTypes") or (("Ingress", "Egress") if spec.get("egress") else ("Ingress",))


def _within(block: Manifest, address: str) -> bool:
    _require(block, {"cidr", "except"})
    found = ip_address(address)
    return found in ip_network(block["cidr"]) and not any(found in ip_network(cut) for cut in block.get("except") or ())


def _ports(ports: Iterable[Manifest] | None, target: End) -> Iterator[Range]:
    if not ports:
        yield from EVERY
    for port in ports or ():
        _require(port, {"port", "endPort", "protocol"})
        protocol, number = port.get("protocol") or "TCP", port.get("port")
        if protocol not in PROTOCOLS:
            raise NotUnderstoodError(f"{protocol!r} is no protocol of a policy")
        match number:
            case None:
                yield Range(protocol, FIRST, LAST)
            case int():
                yield Range(protocol, number, port.get("endPort") or number)
            case _:
                there = target.ports if isinstance(target, Pod) else ()
                yield from (
                    Range(protocol, found.number, found.number)
                    for found in there
                    if (found.name, found.protocol) == (number, protocol)
                )


def _require(part: Manifest, known: set[str]) -> None:
    unknown = part.keys() - known
    if unknown:
        raise NotUnderstoodError(f"the meaning of {', '.join(sorted(unknown))} is not known")
