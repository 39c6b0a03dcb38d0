"""A Keycloak of ours beside the hub, for a single machine: one server, and a database of its own."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs, DeploymentStrategyArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.accounts import account
from components.base import Component
from components.hub.config import OUR_POSTGRES_NAME
from components.naming import (
    KEYCLOAK_DATABASE,
    KEYCLOAK_MANAGEMENT_PORT,
    SECRETS_ANNOTATION,
    labels,
    selector,
)
from components.placement import Nodes, placed
from components.pods import container_security, http_probe, pod_security, scratch
from components.secrets.credentials import KeycloakKeys
from components.secrets.secret_files import secret_files
from components.storage.postgres import PostgresArgs, postgres
from hub.settings import DATABASE_PASSWORD, SECRETS_DIRECTORY
from settings.contract import SERVER, SERVER_PORT
from settings.identity import KeycloakInCluster

ADMINISTRATOR: Final = "platform"
"""The client that Keycloak makes for us at its very first start: it may manage every realm."""
ADMINISTRATOR_SECRET: Final = "administrator-secret"  # noqa: S105 - the name of a file
_SECONDS_TO_START: Final = 600


@dataclass(frozen=True, kw_only=True)
class KeycloakServerArgs:
    settings: KeycloakInCluster
    namespace: pulumi.Input[str]
    node_is_here: bool
    """Whether this machine is the cluster's node, as it is the lab's."""
    keys: KeycloakKeys
    nodes: Nodes
    image: str
    postgres_image: str


class KeycloakServer(Component):
    workload: Deployment
    url: pulumi.Output[str]
    """Where this machine manages the server, known once it answers: the node reaches it as pods do, another machine through
    the port that is forwarded for browsers."""

    def __init__(self, name: str, args: KeycloakServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        database = postgres(
            KEYCLOAK_DATABASE,
            PostgresArgs(
                size=args.settings.size,
                storage_class=args.settings.storage_class,
                namespace=args.namespace,
                password=args.keys.database_password,
                nodes=args.nodes,
                image=args.postgres_image,
            ),
            self.child,
        )
        service = Service(
            f"{SERVER}-service",
            metadata=ObjectMetaArgs(name=SERVER, namespace=args.namespace, labels=labels(SERVER)),
            spec=ServiceSpecArgs(
                selector=selector(SERVER), ports=[ServicePortArgs(name="http", port=SERVER_PORT, target_port="http")]
            ),
            opts=self.child,
        )
        own = account(SERVER, args.namespace, self.child)
        self.workload = Deployment(
            SERVER,
            metadata=ObjectMetaArgs(name=SERVER, namespace=args.namespace, labels=labels(SERVER)),
            spec=DeploymentSpecArgs(
                replicas=1,
                # Its caches are its own: a second one beside it would not hear what the first one changes.
                strategy=DeploymentStrategyArgs(type="Recreate"),
                selector=LabelSelectorArgs(match_labels=selector(SERVER)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=labels(SERVER),
                        annotations={SECRETS_ANNOTATION: args.keys.database_password.fingerprint},
                    ),
                    spec=placed(_pod(args, own, database), args.nodes),
                ),
            ),
            opts=self.child,
        )
        inside = service.spec.apply(lambda spec: f"http://{spec.cluster_ip}:{SERVER_PORT}")
        here = inside if args.node_is_here else pulumi.Output.from_input(args.settings.address)
        self.url = pulumi.Output.all(here, self.workload.metadata).apply(lambda known: str(known[0]))
        self.register_outputs({})


def _pod(args: KeycloakServerArgs, own: pulumi.Input[str], database: pulumi.Input[str]) -> PodSpecArgs:
    tmp, tmp_mount = scratch()
    files = {DATABASE_PASSWORD: args.keys.database_password, ADMINISTRATOR_SECRET: args.keys.administrator}
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod_security(),
        containers=[
            ContainerArgs(
                name=SERVER,
                image=args.image,
                env=_environment(args.settings.address, database),
                ports=[
                    ContainerPortArgs(name="http", container_port=SERVER_PORT),
                    ContainerPortArgs(name="management", container_port=KEYCLOAK_MANAGEMENT_PORT),
                ],
                security_context=container_security(),
                resources=ResourceRequirementsArgs(
                    requests={"cpu": "50m", "memory": "512Mi"}, limits={"cpu": "2", "memory": "1Gi"}
                ),
                startup_probe=_health("started", period_seconds=2, failure_threshold=_SECONDS_TO_START // 2),
                readiness_probe=_health("ready", period_seconds=2, failure_threshold=3),
                liveness_probe=_health("live", period_seconds=20, failure_threshold=6),
                volume_mounts=[
                    tmp_mount,
                    VolumeMountArgs(name="secrets", mount_path=str(SECRETS_DIRECTORY), read_only=True),
                ],
            )
        ],
        volumes=[tmp, VolumeArgs(name="secrets", projected=secret_files(files))],
    )


def _environment(address: str, database: pulumi.Input[str]) -> list[EnvVarArgs]:
    told: dict[str, pulumi.Input[str]] = {
        "KC_HOSTNAME": address,
        # Pods ask it under its name in the cluster, and are answered with addresses they can reach.
        "KC_HOSTNAME_BACKCHANNEL_DYNAMIC": "true",
        "KC_BOOTSTRAP_ADMIN_CLIENT_ID": ADMINISTRATOR,
        "KC_DB_URL_HOST": database,
        "KC_DB_URL_DATABASE": OUR_POSTGRES_NAME,
        "KC_DB_USERNAME": OUR_POSTGRES_NAME,
    }
    return [EnvVarArgs(name=name, value=value) for name, value in told.items()]


def _health(question: str, *, period_seconds: int, failure_threshold: int) -> ProbeArgs:
    return http_probe(
        f"/health/{question}",
        "management",
        period_seconds=period_seconds,
        failure_threshold=failure_threshold,
        timeout_seconds=5,
    )
