"""The platform, top to bottom: it reads like the picture in the README."""

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from components.admission import Admission, AdmissionArgs
from components.base import Component
from components.branding import branding_files
from components.catalogue import Portal, PortalArgs, exported, portal_files
from components.certificate import Certificate, CertificateArgs
from components.credentials import Credentials, CredentialsArgs
from components.edges import edges
from components.hub import Hub, HubArgs
from components.hub_config import hub_settings
from components.ingress import HubIngress, HubIngressArgs, copies
from components.keycloak_server import KeycloakServer, KeycloakServerArgs
from components.login import LoginArgs, login
from components.mesh import NAMESPACE_LABELS, Mesh, MeshArgs, through_the_mesh
from components.monitoring import Monitoring, MonitoringArgs
from components.namespaces import Namespaces, NamespacesArgs
from components.policies import Policies, PoliciesArgs
from components.proxy import Proxy, ProxyArgs
from components.scheduling import Scheduling, SchedulingArgs
from components.services import Services, ServicesArgs
from components.storage import Storage, StorageArgs
from components.volumes import Volumes, VolumesArgs
from components.way_in import WayInArgs, way_in
from lab.paths import CONTEXT as LAB_CONTEXT
from lab.paths import KUBECONFIG as LAB_KUBECONFIG
from settings import Settings, arithmetic
from settings.cluster import Cluster, Lab
from settings.contract import contract
from settings.exposure import Ingress, Tunnel


class Platform(Component):
    """The root of the tree; every part inherits the cluster from it."""


def deploy(
    settings: Settings, secrets: Mapping[str, pulumi.Output[str]], images: Mapping[str, str]
) -> Mapping[str, pulumi.Output[str]]:
    platform = Platform("platform", pulumi.ResourceOptions(providers=[cluster(settings.cluster)]))
    part = pulumi.ResourceOptions(parent=platform)
    runtime = hub_settings(settings, images)

    spaces = Namespaces(
        "namespaces",
        NamespacesArgs(
            settings=settings.namespace,
            profiles=settings.users.profiles,
            storage=settings.storage,
            labels=NAMESPACE_LABELS if settings.mesh else {},
        ),
        part,
    )
    _conversations(settings, spaces, part)
    Admission(
        "admission",
        AdmissionArgs(platform=settings.namespace.name, servers=runtime.servers, exposure=settings.exposure),
        part,
    )
    credentials = Credentials(
        "credentials",
        CredentialsArgs(
            namespace=spaces.platform,
            identity=settings.identity,
            database=settings.storage.database,
            monitored=settings.monitoring is not None,
            services=settings.hub.services,
            rotations=settings.rotations,
            declared=secrets,
        ),
        part,
    )
    scheduling = Scheduling(
        "scheduling",
        SchedulingArgs(
            settings=settings,
            platform=spaces.platform,
            users=spaces.users,
            scheduler_image=images.get("scheduler"),
            server_images=[image.reference for image in runtime.servers.images],
        ),
        part,
    )
    storage = Storage(
        "storage",
        StorageArgs(
            settings=settings.storage.database,
            namespace=spaces.platform,
            password=credentials.database_password,
            nodes=scheduling.nodes,
            postgres_image=images.get("postgres"),
        ),
        part,
    )
    keycloak = None
    if (ours := settings.keycloak_of_ours) and credentials.keycloak:
        keycloak = KeycloakServer(
            "keycloak",
            KeycloakServerArgs(
                settings=ours,
                namespace=spaces.platform,
                node_is_here=isinstance(settings.cluster, Lab),
                keys=credentials.keycloak,
                nodes=scheduling.nodes,
                image=images["keycloak"],
                postgres_image=images["postgres"],
            ),
            part,
        )
    realm = login(LoginArgs(settings=settings, credentials=credentials, server=keycloak, declared=secrets), part)
    if settings.storage.shared:
        Volumes("volumes", VolumesArgs(volumes=settings.storage.shared, namespace=spaces.users, room=spaces), part)
    Proxy(
        "proxy",
        ProxyArgs(
            settings=settings.proxy,
            namespace=spaces.platform,
            hub_url=runtime.hub_url,
            token=credentials.proxy_token,
            by_host=runtime.subdomains,
            nodes=scheduling.nodes,
            image=images["proxy"],
            monitoring=settings.monitoring,
        ),
        part,
    )
    audience = None
    if isinstance(settings.exposure, Tunnel):
        edge = WayInArgs(
            settings=settings.exposure,
            api_token=secrets[settings.exposure.token.name],
            namespace=spaces.platform,
            namespace_name=settings.namespace.name,
            contract=contract(settings),
            edge_client_secret=realm.edge_client_secret if realm else None,
            rotations=settings.rotations,
            nodes=scheduling.nodes,
            image=images["cloudflared"],
            monitoring=settings.monitoring,
            # The lab needs no internet, so nothing of it waits for any.
            edge_in_reach=not isinstance(settings.cluster, Lab),
        )
        audience = way_in(edge, part)
    Hub(
        "hub",
        HubArgs(
            settings=settings.hub,
            runtime=runtime,
            platform=spaces.platform,
            users=spaces.users,
            credentials=credentials,
            state_claim=storage.state_claim,
            nodes=scheduling.nodes,
            after=scheduling.before_hub,
            branding=branding_files(settings.branding),
            image=images["hub"],
            monitoring=settings.monitoring,
            audience=audience,
        ),
        part,
    )
    if settings.monitoring is not None and credentials.metrics_token is not None:
        Monitoring(
            "monitoring",
            MonitoringArgs(
                settings=settings.monitoring,
                names=settings.namespace,
                namespace=spaces.platform,
                token=credentials.metrics_token,
                promised_users=settings.capacity.users if settings.capacity else None,
                tunnel=isinstance(settings.exposure, Tunnel),
            ),
            part,
        )
    _exposure(settings, spaces.platform, images["hub"], part)
    _surroundings(settings, spaces, secrets, part)
    platform.register_outputs({})
    return {
        "namespace": spaces.platform,
        "users_namespace": spaces.users,
        "capacity": pulumi.Output.from_input(arithmetic.summary(settings)),
        **({"catalogue": pulumi.Output.from_input(exported(settings, entry))} if (entry := settings.catalogue) else {}),
    }


def _conversations(settings: Settings, spaces: Namespaces, part: pulumi.ResourceOptions) -> None:
    needed, name = edges(settings), settings.namespace.name
    namespaces = {name: spaces.platform, settings.namespace.users: spaces.users}
    seen = through_the_mesh(needed, name) if settings.mesh else needed
    Policies("policies", PoliciesArgs(edges=seen, namespaces=namespaces), part)
    if settings.mesh:
        Mesh("mesh", MeshArgs(edges=needed, namespaces=namespaces), part)


def _exposure(settings: Settings, namespace: pulumi.Output[str], hub_image: str, part: pulumi.ResourceOptions) -> None:
    exposure, name = settings.exposure, settings.namespace.name
    if not isinstance(exposure, Ingress):
        return
    HubIngress("ingress", HubIngressArgs(settings=exposure, namespace=namespace, namespace_name=name), part)
    if copied := copies(exposure):
        copier = CertificateArgs(copies=copied, namespace=namespace, namespace_name=name, image=hub_image)
        Certificate("certificate", copier, part)


def _surroundings(
    settings: Settings, spaces: Namespaces, secrets: Mapping[str, pulumi.Output[str]], part: pulumi.ResourceOptions
) -> None:
    """What notebooks work with and somebody else keeps, and how a portal shows all of it."""
    Services(
        "services",
        ServicesArgs(
            services=settings.services,
            discovery=settings.service_discovery,
            platform=spaces.platform,
            platform_name=settings.namespace.name,
            users=spaces.users,
            declared=secrets,
        ),
        part,
    )
    if (entry := settings.catalogue) is not None:
        files = portal_files(settings, entry)
        Portal("portal", PortalArgs(entry=entry, namespace=spaces.platform, files=files), part)


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


def declared_secrets(settings: Settings) -> Mapping[str, pulumi.Output[str]]:
    """The secrets given from outside, or every missing one with the command that sets it."""
    config = pulumi.Config()
    given = {name: config.get_secret(name) for name in settings.declared_secrets}
    missing = [
        f"  {key}: nobody has set {name!r} yet; run pulumi config set --secret {name}"
        for name, key in settings.declared_secrets.items()
        if given[name] is None
    ]
    if missing:
        raise pulumi.RunError("\n".join(["secrets are missing:", *missing]))
    return {name: value for name, value in given.items() if value is not None}
