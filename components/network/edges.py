"""Who may talk to whom: a list of edges. What is not on the list is denied.

Pure. The ports are those of the pods, because policies are judged after a Service's address has been translated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicyPeerArgs,
)

from components.naming import (
    CERTIFICATE,
    CLOUDFLARED,
    CLOUDFLARED_METRICS_PORT,
    DATABASE,
    DATABASE_PORT,
    HUB,
    HUB_PORT,
    KEYCLOAK_DATABASE,
    PROXY,
    PROXY_API_PORT,
    PROXY_HTTP_PORT,
    PROXY_METRICS_PORT,
    SCHEDULER,
    SERVER,
    SERVER_PORT,
    selector,
)
from hub.service_settings import SERVICE_LABEL
from settings import Settings
from settings.contract import SERVER as KEYCLOAK
from settings.contract import SERVER_PORT as KEYCLOAK_PORT
from settings.domain import port_of
from settings.exposure import Copied, Ingress, Tunnel
from settings.identity import KeycloakExternal, KeycloakIdentity
from settings.services import Service
from settings.storage import CloneVolume, Postgres, PostgresExternal

_METADATA_SERVICE = "169.254.169.254/32"
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
_API_SERVER_PORTS = (443, 6443)
_TUNNEL_PORT = 7844
"""Where the edge of Cloudflare listens, for QUIC and for HTTP/2."""


@dataclass(frozen=True)
class Pods:
    """The pods of one component of ours."""

    namespace: str
    component: str
    service: str | None = None
    """Only those whose user may use this declared service."""

    @property
    def name(self) -> str:
        return f"{self.component}-{self.service}" if self.service else self.component

    @property
    def labels(self) -> dict[str, str]:
        # KubeSpawner labels its pods itself; the rest of the platform carries our labels.
        known = {"component": SERVER} if self.component == SERVER else selector(self.component)
        return {**known, SERVICE_LABEL + self.service: "yes"} if self.service else known

    def peer(self) -> NetworkPolicyPeerArgs:
        return _pods(self.namespace, self.labels)


@dataclass(frozen=True)
class Others:
    """Pods that somebody else keeps: those of a namespace with these labels, all of them where there are none."""

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    def peer(self) -> NetworkPolicyPeerArgs:
        return _pods(self.namespace, self.labels)


@dataclass(frozen=True)
class Addresses:
    """Anything outside the cluster's pods, save some ranges."""

    excluded: tuple[str, ...]
    within: str = "0.0.0.0/0"

    def peer(self) -> NetworkPolicyPeerArgs:
        return NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=self.within, except_=list(self.excluded) or None))


End: TypeAlias = Pods | Others | Addresses
NAME_SERVER = Others("kube-system", {"k8s-app": "kube-dns"})
ANYWHERE_BUT_METADATA = Addresses((_METADATA_SERVICE,))
"""For what is no pod and whose address differs from cluster to cluster."""
PUBLIC = Addresses(_PRIVATE)


@dataclass(frozen=True)
class Edge:
    """Who begins the conversation, with whom, and where that one listens."""

    source: End
    target: End
    ports: tuple[int, ...]
    """All of them when empty."""
    protocols: tuple[str, ...] = ("TCP",)


def edges(settings: Settings) -> list[Edge]:
    """Every conversation the platform needs."""
    needed = [
        *_core(settings),
        *_exposure(settings),
        *_keycloak(settings),
        *_internet(settings),
        *_database(settings),
        *_scheduler(settings),
        *_monitoring(settings),
        *_control_api(settings),
        *(_service(settings, service) for service in settings.services),
        *_clones(settings),
    ]
    return [*needed, *_names(needed)]


def _core(settings: Settings) -> list[Edge]:
    hub, proxy, server = _hub(settings), Pods(settings.namespace.name, PROXY), _server(settings)
    return [
        Edge(proxy, hub, (HUB_PORT,)),
        Edge(hub, proxy, (PROXY_API_PORT,)),
        Edge(proxy, server, (SERVER_PORT,)),
        Edge(hub, server, (SERVER_PORT,)),
        Edge(server, hub, (HUB_PORT,)),
        Edge(hub, ANYWHERE_BUT_METADATA, _API_SERVER_PORTS),
    ]


def _exposure(settings: Settings) -> list[Edge]:
    exposure, platform = settings.exposure, settings.namespace.name
    proxy = Pods(platform, PROXY)
    match exposure:
        case Ingress():
            copier = Edge(Pods(platform, CERTIFICATE), ANYWHERE_BUT_METADATA, _API_SERVER_PORTS)
            return [
                Edge(Others(exposure.controller.namespace), proxy, (PROXY_HTTP_PORT,)),
                *([copier] if any(isinstance(each, Copied) for each in exposure.certificates.values()) else []),
            ]
        case Tunnel():
            tunnel = Pods(platform, CLOUDFLARED)
            return [
                Edge(tunnel, proxy, (PROXY_HTTP_PORT,)),
                Edge(tunnel, PUBLIC, (_TUNNEL_PORT,), ("TCP", "UDP")),
                # The keys that Access signs with.
                Edge(tunnel, PUBLIC, (443,)),
            ]
        case _:
            return []


def _keycloak(settings: Settings) -> list[Edge]:
    """Browsers find a Keycloak of ours through a port of the machine, which no policy sees."""
    identity, platform = settings.identity, settings.namespace.name
    match identity:
        case KeycloakIdentity(server=KeycloakExternal() as server):
            return [Edge(_hub(settings), ANYWHERE_BUT_METADATA, (port_of(server.url),))]
        case KeycloakIdentity():
            keycloak = Pods(platform, KEYCLOAK)
            return [
                Edge(_hub(settings), keycloak, (KEYCLOAK_PORT,)),
                Edge(keycloak, Pods(platform, KEYCLOAK_DATABASE), (DATABASE_PORT,)),
            ]
        case _:
            return []


def _internet(settings: Settings) -> list[Edge]:
    return [Edge(_server(settings), PUBLIC, ())] if settings.users.internet else []


def _database(settings: Settings) -> list[Edge]:
    match settings.storage.database:
        case Postgres(server=PostgresExternal() as server):
            return [Edge(_hub(settings), ANYWHERE_BUT_METADATA, (server.port,))]
        case Postgres():
            return [Edge(_hub(settings), Pods(settings.namespace.name, DATABASE), (DATABASE_PORT,))]
        case _:
            return []


def _monitoring(settings: Settings) -> list[Edge]:
    if settings.monitoring is None:
        return []
    prometheus = Others(settings.monitoring.prometheus.namespace)
    proxy, tunnel = (Pods(settings.namespace.name, name) for name in (PROXY, CLOUDFLARED))
    return [
        Edge(prometheus, _hub(settings), (HUB_PORT,)),
        Edge(prometheus, proxy, (PROXY_METRICS_PORT,)),
        *([Edge(prometheus, tunnel, (CLOUDFLARED_METRICS_PORT,))] if isinstance(settings.exposure, Tunnel) else []),
    ]


def _service(settings: Settings, service: Service) -> Edge:
    """From the servers of those it is for to its pods; outside of the cluster a name may mean any public address."""
    users = settings.namespace.users
    source = Pods(users, SERVER, service.name if service.groups is not None else None)
    if service.namespace is not None:
        return Edge(source, Others(service.namespace), (service.target_port or service.port,))
    at = service.host_address
    return Edge(source, PUBLIC if at is None else Addresses((), f"{at}/32"), (service.port,))


def _control_api(settings: Settings) -> list[Edge]:
    asked = settings.users.discovery
    if asked is None:
        return []
    there = ANYWHERE_BUT_METADATA if asked.namespace is None else Others(asked.namespace)
    return [Edge(_hub(settings), there, (asked.port,))]


def _scheduler(settings: Settings) -> list[Edge]:
    if settings.scheduling is None or settings.scheduling.user_scheduler is None:
        return []
    return [Edge(Pods(settings.namespace.name, SCHEDULER), ANYWHERE_BUT_METADATA, _API_SERVER_PORTS)]


def _clones(settings: Settings) -> list[Edge]:
    """Repositories in the cluster; those elsewhere are reached as the rest of the internet is."""
    there = {
        (volume.namespace, volume.port)
        for volume in settings.storage.volumes
        if isinstance(volume, CloneVolume) and volume.namespace is not None
    }
    return [Edge(_server(settings), Others(namespace), (port,)) for namespace, port in sorted(there)]


def _names(needed: list[Edge]) -> list[Edge]:
    """Whoever begins a conversation looks up a name first."""
    asking = dict.fromkeys(
        edge.source for edge in needed if isinstance(edge.source, Pods) and edge.source.service is None
    )
    return [Edge(source, NAME_SERVER, (53,), ("UDP", "TCP")) for source in asking]


def _hub(settings: Settings) -> Pods:
    return Pods(settings.namespace.name, HUB)


def _server(settings: Settings) -> Pods:
    return Pods(settings.namespace.users, SERVER)


def _pods(namespace: str, labels: Mapping[str, str]) -> NetworkPolicyPeerArgs:
    return NetworkPolicyPeerArgs(
        namespace_selector=LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": namespace}),
        pod_selector=LabelSelectorArgs(match_labels=labels or None),
    )
