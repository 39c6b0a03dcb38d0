"""Who may talk to whom: a list of edges, and its translation into network policies. What is not on the list is denied.

Pure. The ports are those of the pods, because policies are judged after a Service's address has been translated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from components.naming import (
    DATABASE,
    DATABASE_PORT,
    HUB,
    HUB_PORT,
    PROXY,
    PROXY_API_PORT,
    SERVER,
    SERVER_PORT,
    selector,
)
from settings import Settings
from settings.storage import Postgres, PostgresExternal

_METADATA_SERVICE = "169.254.169.254/32"
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
_API_SERVER_PORTS = (443, 6443)


@dataclass(frozen=True)
class Pods:
    """The pods of one component."""

    namespace: str
    component: str

    @property
    def labels(self) -> dict[str, str]:
        # KubeSpawner labels its pods itself; the rest of the platform carries our labels.
        return {"component": SERVER} if self.component == SERVER else selector(self.component)

    def peer(self) -> NetworkPolicyPeerArgs:
        return _pods(self.namespace, self.labels)


@dataclass(frozen=True)
class NameServer:
    """The cluster's DNS."""

    def peer(self) -> NetworkPolicyPeerArgs:
        return _pods("kube-system", {"k8s-app": "kube-dns"})


@dataclass(frozen=True)
class Addresses:
    """Anything outside the cluster's pods, save some ranges."""

    excluded: tuple[str, ...]

    def peer(self) -> NetworkPolicyPeerArgs:
        return NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr="0.0.0.0/0", except_=list(self.excluded)))


@dataclass(frozen=True)
class Edge:
    source: Pods
    target: Pods | NameServer | Addresses
    ports: tuple[int, ...]
    """All of them when empty."""


@dataclass(frozen=True)
class Policy:
    """The one network policy of a component."""

    pods: Pods
    spec: NetworkPolicySpecArgs


def edges(settings: Settings) -> list[Edge]:
    """Every conversation the platform needs."""
    platform, users = settings.namespace.name, settings.namespace.users
    hub, proxy, server = Pods(platform, HUB), Pods(platform, PROXY), Pods(users, SERVER)
    needed = [
        Edge(proxy, hub, (HUB_PORT,)),
        Edge(hub, proxy, (PROXY_API_PORT,)),
        Edge(proxy, server, (SERVER_PORT,)),
        Edge(hub, server, (SERVER_PORT,)),
        Edge(server, hub, (HUB_PORT,)),
        # The API server is no pod, and its address differs from cluster to cluster.
        Edge(hub, Addresses((_METADATA_SERVICE,)), _API_SERVER_PORTS),
    ]
    if settings.users.internet:
        needed.append(Edge(server, Addresses(_PRIVATE), ()))
    database = settings.storage.database
    if isinstance(database, Postgres):
        if isinstance(database.server, PostgresExternal):
            needed.append(Edge(hub, Addresses((_METADATA_SERVICE,)), (database.server.port,)))
        else:
            needed.append(Edge(hub, Pods(platform, DATABASE), (DATABASE_PORT,)))
    needed += [Edge(source, NameServer(), (53,)) for source in (hub, proxy, server)]
    return needed


def policies(declared: Iterable[Edge]) -> list[Policy]:
    """One policy per component that stands at either end of an edge, holding its rules in both directions."""
    listed = list(declared)
    ends = {end for edge in listed for end in (edge.source, edge.target) if isinstance(end, Pods)}
    return [_policy(pods, listed) for pods in sorted(ends, key=lambda pods: (pods.namespace, pods.component))]


def _policy(pods: Pods, listed: list[Edge]) -> Policy:
    incoming = [edge for edge in listed if edge.target == pods]
    outgoing = [edge for edge in listed if edge.source == pods]
    return Policy(
        pods,
        NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=pods.labels),
            policy_types=["Ingress", "Egress"],
            ingress=[NetworkPolicyIngressRuleArgs(from_=[e.source.peer()], ports=_ports(e)) for e in incoming],
            egress=[NetworkPolicyEgressRuleArgs(to=[e.target.peer()], ports=_ports(e)) for e in outgoing],
        ),
    )


def _pods(namespace: str, labels: dict[str, str]) -> NetworkPolicyPeerArgs:
    return NetworkPolicyPeerArgs(
        namespace_selector=LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": namespace}),
        pod_selector=LabelSelectorArgs(match_labels=labels),
    )


def _ports(edge: Edge) -> list[NetworkPolicyPortArgs] | None:
    protocols = ("UDP", "TCP") if isinstance(edge.target, NameServer) else ("TCP",)
    ports = [NetworkPolicyPortArgs(port=port, protocol=protocol) for port in edge.ports for protocol in protocols]
    return ports or None
