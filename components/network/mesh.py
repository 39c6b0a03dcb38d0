"""The mesh: Istio in ambient mode, told who may talk to whom by the same list of edges as the network policies.

Ambient mode needs no container in any pod (docs/decisions/0007-ambient-mesh.md). What travels encrypted does so on one port, which
hides from network policies the port it is meant for; so that port is judged by an AuthorizationPolicy, on the other side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component
from components.naming import SERVER, labels
from components.network.edges import Addresses, Edge, Others, Pods

NAMESPACE_LABELS = {"istio.io/dataplane-mode": "ambient"}
TUNNEL_PORT = 15008
PROBES = Addresses((), "169.254.7.127/32")
"""Where the kubelet's probes come from once a mesh in ambient mode has let them pass."""


@dataclass(frozen=True)
class Source:
    principals: list[str]


@dataclass(frozen=True)
class From:
    source: Source


@dataclass(frozen=True)
class Operation:
    ports: list[str]


@dataclass(frozen=True)
class To:
    operation: Operation


@dataclass(frozen=True)
class Rule:
    """Who may reach which ports; whoever the network policy lets through where there is no `from_`."""

    from_: list[From]
    to: list[To]

    def manifest(self) -> dict[str, object]:
        whole = asdict(self)
        sources = whole.pop("from_")
        return ({"from": sources} if sources else {}) | whole


@dataclass(frozen=True)
class Target:
    """What the mesh knows about the pods at the far end of some edges."""

    pods: Pods
    rules: list[Rule]
    open_ports: list[int]
    """Where those who are outside of the mesh may come in unencrypted."""


@dataclass(frozen=True, kw_only=True)
class MeshArgs:
    edges: list[Edge]
    namespaces: Mapping[str, pulumi.Input[str]]
    """The platform's and the users', by name."""


class Mesh(Component):
    def __init__(self, name: str, args: MeshArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        strict = {"mtls": {"mode": "STRICT"}}
        for role, namespace in zip(("platform", "users"), args.namespaces.values(), strict=True):
            self._object(f"{role}-encryption", "PeerAuthentication", "default", namespace, strict)
        for target in targets(args.edges):
            pods, namespace = target.pods, args.namespaces[target.pods.namespace]
            chosen = {"selector": {"matchLabels": pods.labels}}
            allowed = chosen | {"action": "ALLOW", "rules": [rule.manifest() for rule in target.rules]}
            self._object(f"{pods.name}-callers", "AuthorizationPolicy", pods.name, namespace, allowed)
            if target.open_ports:
                ports = {str(port): {"mode": "PERMISSIVE"} for port in target.open_ports}
                opened = chosen | strict | {"portLevelMtls": ports}
                self._object(f"{pods.name}-encryption", "PeerAuthentication", pods.name, namespace, opened)
        self.register_outputs({})

    def _object(
        self, role: str, kind: str, name: str, namespace: pulumi.Input[str], spec: Mapping[str, object]
    ) -> None:
        CustomResource(
            role,
            api_version="security.istio.io/v1",
            kind=kind,
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=labels("mesh")),
            spec=spec,
            opts=self.child,
        )


def through_the_mesh(edges: Iterable[Edge], platform: str) -> list[Edge]:
    """The edges as packets show them: what is encrypted goes to one port, and probes come from an address of their own."""
    listed = list(edges)
    tunnelled = [
        replace(edge, ports=(*edge.ports, TUNNEL_PORT)) if edge.ports and "UDP" not in edge.protocols else edge
        for edge in listed
    ]
    probed = dict.fromkeys(
        end
        for edge in listed
        for end in (edge.source, edge.target)
        if isinstance(end, Pods) and end.namespace == platform
    )
    return [*tunnelled, *(Edge(PROBES, pods, ()) for pods in probed)]


def targets(edges: Iterable[Edge]) -> list[Target]:
    """Our pods that are talked to: by whom of ours, proven by an account, and where by others."""
    listed = list(edges)
    ours = dict.fromkeys(edge.target for edge in listed if isinstance(edge.target, Pods))
    return [_target(pods, [edge for edge in listed if edge.target == pods]) for pods in ours]


def _target(pods: Pods, incoming: list[Edge]) -> Target:
    return Target(
        pods,
        [_rule(edge) for edge in incoming],
        sorted({port for edge in incoming if isinstance(edge.source, Others) for port in edge.ports}),
    )


def _rule(edge: Edge) -> Rule:
    callers = [From(Source([_principal(edge.source)]))] if isinstance(edge.source, Pods) else []
    return Rule(callers, [To(Operation([str(port) for port in edge.ports]))])


def _principal(pods: Pods) -> str:
    """An account in whatever trust domain the mesh has. Users' pods have that of their namespace."""
    account = "default" if pods.component == SERVER else pods.component
    return f"*/ns/{pods.namespace}/sa/{account}"
