"""One stack file, whole."""

from pathlib import PurePosixPath

from settings.branding import BrandingSection
from settings.cluster import Cluster
from settings.domain import DeclaredSecret, GeneratedSecret, SecretSource, Section
from settings.exposure import Exposure, ThroughKeycloak, Tunnel
from settings.hub import HubSection, ProxySection
from settings.identity import Identity, KeycloakExternal, KeycloakIdentity, KeycloakInCluster, PasswordIdentity
from settings.mesh import Mesh
from settings.monitoring import MonitoringSection
from settings.namespace import CapacitySection, NamespaceSection
from settings.rotations import Rotations
from settings.scheduling import SchedulingSection
from settings.services import Service
from settings.storage import Postgres, PostgresExternal, PostgresInCluster, StorageSection
from settings.surroundings import Catalogue, Delivery, ServiceDiscovery
from settings.users import CullerSection, UsersSection


class Settings(Section):
    cluster: Cluster
    """Which cluster the stack lives on. No other one is ever touched."""
    namespace: NamespaceSection
    """Where everything lives, and how much of the cluster the users may take."""
    capacity: CapacitySection | None = None
    """How many people the platform is meant for. Nothing is promised when absent."""
    identity: Identity
    """Who may log in."""
    exposure: Exposure
    """How people reach the hub."""
    mesh: Mesh | None = None
    """The service mesh that encrypts what pods say to each other. None when absent."""
    hub: HubSection
    """The hub: it logs people in and starts their servers."""
    proxy: ProxySection
    """The proxy in front of the hub and of every server."""
    scheduling: SchedulingSection | None = None
    """Which nodes take which pods, and what is there before somebody waits for it. Left to the cluster when absent."""
    users: UsersSection
    """The servers people work in."""
    culler: CullerSection | None = None
    """Stops servers nobody uses. Servers run until their user stops them when absent."""
    storage: StorageSection
    """What must outlive every pod."""
    services: tuple[Service, ...] = ()
    """What notebooks work with and somebody else keeps. One entry gives an address, a way to it, and what opens it."""
    service_discovery: ServiceDiscovery | None = None
    """Services that say themselves how they are reached. None when absent."""
    catalogue: Catalogue | None = None
    """How a portal shows the platform. Not at all when absent."""
    delivery: Delivery | None = None
    """Who applies what `make render` writes. Whoever calls it when absent."""
    monitoring: MonitoringSection | None = None
    """Who watches the platform: metrics, a dashboard, alerts. Nobody when absent."""
    rotations: Rotations = {}
    """How often a generated secret was replaced, by its name; `make rotate` counts."""
    branding: BrandingSection | None = None
    """What the hub's pages look like. Like JupyterHub's own when absent."""

    @property
    def images(self) -> tuple[str, ...]:
        """The images of ours that the stack runs."""
        database = self.storage.database
        needed = {
            "hub": True,
            "proxy": True,
            "postgres": self.runs_keycloak
            or (isinstance(database, Postgres) and isinstance(database.server, PostgresInCluster)),
            "keycloak": self.runs_keycloak,
            "cloudflared": isinstance(self.exposure, Tunnel),
            "scheduler": self.scheduling is not None and self.scheduling.user_scheduler is not None,
            "workspace": self.storage.needs_workspace or self._services_are_found_in_homes,
        }
        parts = [name for name, is_needed in needed.items() if is_needed]
        return (*parts, *(image.name for image in self.users.images if image.reference is None))

    @property
    def keycloak_of_ours(self) -> KeycloakInCluster | None:
        """None where no Keycloak of ours is beside the hub."""
        match self.identity:
            case KeycloakIdentity(server=KeycloakInCluster() as server):
                return server
            case _:
                return None

    @property
    def runs_keycloak(self) -> bool:
        return self.keycloak_of_ours is not None

    @property
    def _edge_logs_in_at_keycloak(self) -> bool:
        edge = self.exposure.access if isinstance(self.exposure, Tunnel) else None
        return edge is not None and isinstance(edge.login, ThroughKeycloak)

    @property
    def _services_are_found_in_homes(self) -> bool:
        found = self.service_discovery
        return found is not None and PurePosixPath(found.file).is_relative_to(self.storage.home.mount)

    @property
    def secret_sources(self) -> dict[str, SecretSource]:
        """Where secrets come from that people know, by the key that says so."""
        sources = {**self._of_login, **self._of_exposure}
        database = self.storage.database
        if isinstance(database, Postgres) and isinstance(database.server, PostgresExternal):
            sources["storage.database.server.password"] = database.server.password
        for place, service in enumerate(self.hub.services):
            sources[f"hub.services.{place}.token"] = service.token
        for place, service in enumerate(self.services):
            sources |= {f"services.{place}.{each.key}": each.source for each in service.credentials}
        return sources

    @property
    def _of_login(self) -> dict[str, SecretSource]:
        match self.identity:
            case PasswordIdentity(password=password):
                return {"identity.password": password}
            case KeycloakIdentity(server=KeycloakExternal() as server):
                return {"identity.server.administrator.secret": server.administrator.secret}
            case _:
                return {}

    @property
    def _of_exposure(self) -> dict[str, SecretSource]:
        return {"exposure.token": self.exposure.token} if isinstance(self.exposure, Tunnel) else {}

    @property
    def generated_secrets(self) -> tuple[str, ...]:
        """The secrets that only machines need and that can be replaced, by name."""
        database = self.storage.database
        needed = {
            "cookie-secret": True,
            "crypt-key": True,
            "proxy-token": True,
            "metrics-token": self.monitoring is not None,
            "login-password": isinstance(self._of_login.get("identity.password"), GeneratedSecret),
            "client-secret": isinstance(self.identity, KeycloakIdentity),
            "database-password": isinstance(database, Postgres) and isinstance(database.server, PostgresInCluster),
            "keycloak-database-password": self.runs_keycloak,
            "tunnel-secret": isinstance(self.exposure, Tunnel),
            "cloudflare-access-secret": self._edge_logs_in_at_keycloak,
        }
        services = (each.name for each in self.hub.services if isinstance(each.token, GeneratedSecret))
        return (
            *(name for name, is_needed in needed.items() if is_needed),
            *(f"service-{name}-token" for name in services),
        )

    @property
    def declared_secrets(self) -> dict[str, str]:
        """The secrets somebody must give by hand: their names, and the key that asks for each."""
        return {source.name: key for key, source in self.secret_sources.items() if isinstance(source, DeclaredSecret)}
