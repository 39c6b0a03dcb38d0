"""The second judge: what a list of edges opens between the parties, said without any policy."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from components.network.edges import Addresses, Edge, Others, Pods
from reachability.matrix import Cell, Party
from reachability.ports import EVERY, FIRST, LAST, PROTOCOLS, Ports, Range, union
from reachability.semantics import Pod


def expected(edges: Iterable[Edge], parties: Iterable[Party]) -> dict[tuple[str, str], Cell]:
    everybody, declared = list(parties), list(edges)
    return {
        (source.name, target.name): Cell(_leaving(declared, source, target), _entering(declared, source, target))
        for source in everybody
        for target in everybody
        if source.ours or target.ours
    }


def _leaving(edges: list[Edge], source: Party, target: Party) -> Ports:
    if source == target or not source.ours:
        return EVERY
    return _opened(edge for edge in edges if _is(edge.source, source) and _is(edge.target, target))


def _entering(edges: list[Edge], source: Party, target: Party) -> Ports:
    """Being an address is no invitation: our pods are spoken to by those who are named."""
    if source == target or not target.ours:
        return EVERY
    named = (edge for edge in edges if not isinstance(edge.target, Addresses))
    return _opened(edge for edge in named if _is(edge.source, source) and _is(edge.target, target))


def _opened(edges: Iterable[Edge]) -> Ports:
    return union(found for edge in edges for found in _ports(edge))


def _is(end: Pods | Others | Addresses, party: Party) -> bool:
    match end:
        case Addresses():
            address = ip_address(party.end.address)
            excluded = any(address in ip_network(cut) for cut in end.excluded)
            return address in ip_network(end.within) and not excluded
        case Pods():
            found = party.end
            return (
                isinstance(found, Pod)
                and found.namespace == end.namespace
                and found.labels.get("app.kubernetes.io/component") == end.component
                and (end.service is None or f"service.jupyterhub-platform/{end.service}" in found.labels)
            )
        case Others():
            found = party.end
            return (
                isinstance(found, Pod)
                and found.namespace == end.namespace
                and all(found.labels.get(key) == value for key, value in end.labels.items())
            )


def _ports(edge: Edge) -> Iterable[Range]:
    if not edge.ports:
        # A policy without ports is one about all of them, whatever the protocol.
        return [Range(protocol, FIRST, LAST) for protocol in PROTOCOLS]
    return [Range(protocol, port, port) for protocol in edge.protocols for port in edge.ports]
