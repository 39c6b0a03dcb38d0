"""The platform, top to bottom: it reads like the picture in the README."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component
from components.exposure.certificate import Certificate, CertificateArgs
from components.exposure.edge_args import EdgeArgs
from components.exposure.ingress import HubIngress, HubIngressArgs, copies
from components.hub.branding import branding_files
from components.hub.config import hub_settings
from components.hub.hub import Hub, HubArgs
from components.hub.proxy import Proxy, ProxyArgs
from components.identity.keycloak_server import KeycloakServer, KeycloakServerArgs
from components.identity.login import LoginArgs, login
from components.monitoring.monitoring import Monitoring, MonitoringArgs
from components.network.admission import Admission, AdmissionArgs
from components.network.edges import edges
from components.network.mesh import NAMESPACE_LABELS, Mesh, MeshArgs, through_the_mesh
from components.network.namespaces import Namespaces, NamespacesArgs
from components.network.policies import Policies, PoliciesArgs
from components.scheduling.scheduling import Scheduling, SchedulingArgs
from components.secrets.credentials import Credentials, CredentialsArgs
from components.secrets.declared import declared_secrets
from components.services.catalogue import Portal, PortalArgs, exported, portal_files
from components.services.services import Services, ServicesArgs
from components.storage.storage import Storage, StorageArgs
from components.storage.volumes import Volumes, VolumesArgs
from lab.paths import CONTEXT as LAB_CONTEXT
from lab.paths import KUBECONFIG as LAB_KUBECONFIG
from settings import Settings, arithmetic
from settings.cluster import Cluster, Lab
from settings.contract import contract
from settings.exposure import Ingress, Tunnel

if TYPE_CHECKING:
    from components.identity.realm import Realm


def deploy(settings: Settings, images: Mapping[str, str]) -> Mapping[str, pulumi.Output[str]]:
    """The platform, and what others may want to know of it."""
    # A secret that nobody has set is told before anything is registered.
    spaces = Platform(settings, declared_secrets(settings), images).spaces
    return {
        "namespace": spaces.platform,
        "users_namespace": spaces.users,
        "capacity": pulumi.Output.from_input(arithmetic.summary(settings)),
        **({"catalogue": pulumi.Output.from_input(exported(settings, entry))} if (entry := settings.catalogue) else {}),
    }


class Platform(Component):
    """The root of the tree; every part inherits the cluster from it."""

    def __init__(
        self, settings: Settings, secrets: Mapping[str, pulumi.Output[str]], images: Mapping[str, str]
    ) -> None:
        super().__init__("platform", pulumi.ResourceOptions(providers=[cluster(settings.cluster)]))
        self.settings, self.secrets, self.images = settings, secrets, images
        self.runtime = hub_settings(settings, images)

        self.spaces = self._spaces()
        self.credentials = self._credentials()
        self.scheduling = self._scheduling()
        storage = self._storage()
        realm = self._realm()
        self._proxy()
        audience = self._edge(realm)
        self._hub(storage, audience)
        self._monitoring()
        self._ingress()
        self._surroundings()
        self.register_outputs({})

    def _spaces(self) -> Namespaces:
        """Two namespaces, who may talk to whom in them, and what the cluster refuses there."""
        settings = self.settings
        spaces = Namespaces(
            "namespaces",
            NamespacesArgs(
                settings=settings.namespace,
                profiles=settings.users.profiles,
                storage=settings.storage,
                labels=NAMESPACE_LABELS if settings.mesh else {},
            ),
            self.child,
        )
        needed, name = edges(settings), settings.namespace.name
        namespaces = {name: spaces.platform, settings.namespace.users: spaces.users}
        seen = through_the_mesh(needed, name) if settings.mesh else needed
        Policies("policies", PoliciesArgs(edges=seen, namespaces=namespaces), self.child)
        if settings.mesh:
            Mesh("mesh", MeshArgs(edges=needed, namespaces=namespaces), self.child)
        refused = AdmissionArgs(platform=name, servers=self.runtime.servers, exposure=settings.exposure)
        Admission("admission", refused, self.child)
        return spaces

    def _credentials(self) -> Credentials:
        settings = self.settings
        return Credentials(
            "credentials",
            CredentialsArgs(
                namespace=self.spaces.platform,
                identity=settings.identity,
                database=settings.storage.database,
                monitored=settings.monitoring is not None,
                services=settings.hub.services,
                rotations=settings.rotations,
                declared=self.secrets,
            ),
            self.child,
        )

    def _scheduling(self) -> Scheduling:
        return Scheduling(
            "scheduling",
            SchedulingArgs(
                settings=self.settings,
                platform=self.spaces.platform,
                users=self.spaces.users,
                scheduler_image=self.images.get("scheduler"),
                server_images=[image.reference for image in self.runtime.servers.images],
            ),
            self.child,
        )

    def _storage(self) -> Storage:
        settings = self.settings.storage
        if settings.shared:
            Volumes(
                "volumes",
                VolumesArgs(volumes=settings.shared, namespace=self.spaces.users, room=self.spaces),
                self.child,
            )
        return Storage(
            "storage",
            StorageArgs(
                settings=settings.database,
                namespace=self.spaces.platform,
                password=self.credentials.database_password,
                nodes=self.scheduling.nodes,
                postgres_image=self.images.get("postgres"),
            ),
            self.child,
        )

    def _realm(self) -> "Realm | None":
        """Who somebody is, where a Keycloak says it: in a server of ours, or in somebody else's."""
        settings, server = self.settings, None
        if (ours := settings.keycloak_of_ours) and self.credentials.keycloak:
            server = KeycloakServer(
                "keycloak",
                KeycloakServerArgs(
                    settings=ours,
                    namespace=self.spaces.platform,
                    node_is_here=isinstance(settings.cluster, Lab),
                    keys=self.credentials.keycloak,
                    nodes=self.scheduling.nodes,
                    image=self.images["keycloak"],
                    postgres_image=self.images["postgres"],
                ),
                self.child,
            )
        asked = LoginArgs(settings=settings, credentials=self.credentials, server=server, declared=self.secrets)
        return login(asked, self.child)

    def _proxy(self) -> None:
        Proxy(
            "proxy",
            ProxyArgs(
                settings=self.settings.proxy,
                namespace=self.spaces.platform,
                hub_url=self.runtime.hub_url,
                token=self.credentials.proxy_token,
                by_host=self.runtime.subdomains,
                nodes=self.scheduling.nodes,
                image=self.images["proxy"],
                monitoring=self.settings.monitoring,
            ),
            self.child,
        )

    def _edge(self, realm: "Realm | None") -> pulumi.Output[str] | None:
        """Whom the tokens of Access are for; None where it does not stand in front."""
        settings, exposure = self.settings, self.settings.exposure
        if not isinstance(exposure, Tunnel):
            return None
        # The package of the provider takes seconds to import and 165 MB, which no other stack should pay for.
        from components.exposure.cloudflare import Cloudflare  # noqa: PLC0415

        edge = EdgeArgs(
            settings=exposure,
            api_token=self.secrets[exposure.token.name],
            namespace=self.spaces.platform,
            namespace_name=settings.namespace.name,
            contract=contract(settings),
            edge_client_secret=realm.edge_client_secret if realm else None,
            rotations=settings.rotations,
            nodes=self.scheduling.nodes,
            image=self.images["cloudflared"],
            monitoring=settings.monitoring,
            # The lab needs no internet, so nothing of it waits for any.
            edge_in_reach=not isinstance(settings.cluster, Lab),
        )
        return Cloudflare("cloudflare", edge, self.child).audience

    def _hub(self, storage: Storage, audience: pulumi.Output[str] | None) -> None:
        settings = self.settings
        Hub(
            "hub",
            HubArgs(
                settings=settings.hub,
                runtime=self.runtime,
                platform=self.spaces.platform,
                users=self.spaces.users,
                credentials=self.credentials,
                state_claim=storage.state_claim,
                nodes=self.scheduling.nodes,
                after=self.scheduling.before_hub,
                branding=branding_files(settings.branding),
                image=self.images["hub"],
                monitoring=settings.monitoring,
                audience=audience,
            ),
            self.child,
        )

    def _monitoring(self) -> None:
        settings = self.settings
        if settings.monitoring is None or self.credentials.metrics_token is None:
            return
        Monitoring(
            "monitoring",
            MonitoringArgs(
                settings=settings.monitoring,
                names=settings.namespace,
                namespace=self.spaces.platform,
                token=self.credentials.metrics_token,
                promised_users=settings.capacity.users if settings.capacity else None,
                tunnel=isinstance(settings.exposure, Tunnel),
            ),
            self.child,
        )

    def _ingress(self) -> None:
        exposure, namespace, name = self.settings.exposure, self.spaces.platform, self.settings.namespace.name
        if not isinstance(exposure, Ingress):
            return
        HubIngress("ingress", HubIngressArgs(settings=exposure, namespace=namespace, namespace_name=name), self.child)
        if copied := copies(exposure):
            copier = CertificateArgs(copies=copied, namespace=namespace, namespace_name=name, image=self.images["hub"])
            Certificate("certificate", copier, self.child)

    def _surroundings(self) -> None:
        """What notebooks work with and somebody else keeps, and how a portal shows all of it."""
        settings = self.settings
        Services(
            "services",
            ServicesArgs(
                services=settings.services,
                discovery=settings.service_discovery,
                platform=self.spaces.platform,
                platform_name=settings.namespace.name,
                users=self.spaces.users,
                declared=self.secrets,
            ),
            self.child,
        )
        if (entry := settings.catalogue) is not None:
            files = portal_files(settings, entry)
            Portal("portal", PortalArgs(entry=entry, namespace=self.spaces.platform, files=files), self.child)


def cluster(settings: Cluster) -> kubernetes.Provider:
    """The one cluster the stack file names; a context of the environment's own choosing is never used."""
    # An empty path leaves it to the provider to look where kubectl does; without any, the SDK would write KUBECONFIG down,
    # which may name several files, and the stack would differ from machine to machine.
    kubeconfig, context = (str(LAB_KUBECONFIG), LAB_CONTEXT) if isinstance(settings, Lab) else ("", settings.context)
    return kubernetes.Provider(
        "cluster",
        kubeconfig=kubeconfig,
        context=context,
        # The cluster stays the same when its API server gets another address.
        cluster_identifier=context,
        # Names are fixed. What a killed run made without writing it down is taken over, and an object whose data changes is
        # changed in place, not deleted and made again.
        upsert_existing_objects=True,
        enable_patch_force=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
    )
