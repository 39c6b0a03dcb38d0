"""The hub's database: a file on a claim, a Postgres of ours, or one that somebody else keeps."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet, StatefulSetSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    ExecActionArgs,
    KeyToPathArgs,
    PersistentVolumeClaim,
    PersistentVolumeClaimArgs,
    PersistentVolumeClaimSpecArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SecretVolumeSourceArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.accounts import account
from components.base import Component, name_of
from components.credentials import SecretKey
from components.naming import DATABASE, DATABASE_PORT, SECRETS_ANNOTATION, labels, selector
from components.placement import Nodes, placed
from components.pods import container_security, pod_security, scratch
from hub.settings import DATABASE_PASSWORD, SECRETS_DIRECTORY
from settings.storage import Postgres, PostgresInCluster, Sqlite

STATE_CLAIM = "hub-state"
_DATA_DIRECTORY = "/var/lib/postgresql/data"


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    settings: Sqlite | Postgres
    namespace: pulumi.Input[str]
    password: SecretKey | None
    nodes: Nodes
    postgres_image: str | None
    """None where the stack runs no Postgres of ours."""


class Storage(Component):
    state_claim: pulumi.Output[str] | None
    """Where the hub keeps its file; None where Postgres keeps everything."""

    def __init__(self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.state_claim = None
        match args.settings:
            case Sqlite():
                self.state_claim = self._claim(args.settings, args.namespace)
            case Postgres(server=PostgresInCluster() as server) if args.password and args.postgres_image:
                self._postgres(server, args, args.password, args.postgres_image)
            case _:
                pass
        self.register_outputs({})

    def _claim(self, settings: Sqlite, namespace: pulumi.Input[str]) -> pulumi.Output[str]:
        made = PersistentVolumeClaim(
            STATE_CLAIM,
            metadata=ObjectMetaArgs(name=STATE_CLAIM, namespace=namespace, labels=labels(DATABASE)),
            spec=claim(settings.size, settings.storage_class),
            opts=self.kept,
        )
        return name_of(made.metadata)

    def _postgres(self, server: PostgresInCluster, args: StorageArgs, password: SecretKey, image: str) -> None:
        Service(
            "database-service",
            metadata=ObjectMetaArgs(name=DATABASE, namespace=args.namespace, labels=labels(DATABASE)),
            spec=ServiceSpecArgs(
                selector=selector(DATABASE), ports=[ServicePortArgs(name="postgres", port=DATABASE_PORT)]
            ),
            opts=self.child,
        )
        own = account(DATABASE, args.namespace, self.child)
        StatefulSet(
            "database",
            metadata=ObjectMetaArgs(name=DATABASE, namespace=args.namespace, labels=labels(DATABASE)),
            spec=StatefulSetSpecArgs(
                replicas=1,
                service_name=DATABASE,
                selector=LabelSelectorArgs(match_labels=selector(DATABASE)),
                # Its claim is no child of ours: Kubernetes keeps it when the StatefulSet goes.
                volume_claim_templates=[
                    PersistentVolumeClaimArgs(
                        metadata=ObjectMetaArgs(name="data", labels=selector(DATABASE)),
                        spec=claim(server.size, server.storage_class),
                    )
                ],
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=labels(DATABASE),
                        # The server takes its password at its start.
                        annotations={SECRETS_ANNOTATION: password.fingerprint},
                    ),
                    spec=placed(_postgres_pod(image, password, own), args.nodes),
                ),
            ),
            opts=self.child,
        )


def claim(size: str, storage_class: str | None, mode: str = "ReadWriteOnce") -> PersistentVolumeClaimSpecArgs:
    return PersistentVolumeClaimSpecArgs(
        access_modes=[mode],
        storage_class_name=storage_class,
        resources=VolumeResourceRequirementsArgs(requests={"storage": size}),
    )


def _postgres_pod(image: str, password: SecretKey, own: pulumi.Input[str]) -> PodSpecArgs:
    tmp, tmp_mount = scratch()
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod_security(),
        termination_grace_period_seconds=60,
        containers=[
            ContainerArgs(
                name=DATABASE,
                image=image,
                ports=[ContainerPortArgs(name="postgres", container_port=DATABASE_PORT)],
                security_context=container_security(),
                resources=ResourceRequirementsArgs(
                    requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "512Mi"}
                ),
                readiness_probe=ProbeArgs(exec_=ExecActionArgs(command=["pg_isready", "-q"]), period_seconds=2),
                liveness_probe=ProbeArgs(
                    exec_=ExecActionArgs(command=["pg_isready", "-q"]),
                    initial_delay_seconds=60,
                    period_seconds=20,
                    failure_threshold=6,
                ),
                volume_mounts=[
                    tmp_mount,
                    VolumeMountArgs(name="data", mount_path=_DATA_DIRECTORY),
                    VolumeMountArgs(name="password", mount_path=str(SECRETS_DIRECTORY), read_only=True),
                ],
            )
        ],
        volumes=[
            tmp,
            VolumeArgs(
                name="password",
                secret=SecretVolumeSourceArgs(
                    secret_name=password.secret, items=[KeyToPathArgs(key=password.key, path=DATABASE_PASSWORD)]
                ),
            ),
        ],
    )
