"""A Postgres of ours: one server, one database, one claim."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet, StatefulSetSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    ExecActionArgs,
    KeyToPathArgs,
    PersistentVolumeClaimArgs,
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
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.accounts import account
from components.base import name_of
from components.naming import DATABASE_PORT, SECRETS_ANNOTATION, labels, selector
from components.placement import Nodes, placed
from components.pods import container_security, pod_security, scratch
from components.secrets.credentials import SecretKey
from components.storage.claims import claim
from hub.settings import DATABASE_PASSWORD, SECRETS_DIRECTORY

_DATA_DIRECTORY = "/var/lib/postgresql/data"


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    size: str
    storage_class: str | None
    namespace: pulumi.Input[str]
    password: SecretKey
    nodes: Nodes
    image: str


def postgres(name: str, args: PostgresArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A server of that name, which is also the host it is reached under."""
    service = Service(
        f"{name}-service",
        metadata=ObjectMetaArgs(name=name, namespace=args.namespace, labels=labels(name)),
        spec=ServiceSpecArgs(selector=selector(name), ports=[ServicePortArgs(name="postgres", port=DATABASE_PORT)]),
        opts=opts,
    )
    own = account(name, args.namespace, opts)
    StatefulSet(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=args.namespace, labels=labels(name)),
        spec=StatefulSetSpecArgs(
            replicas=1,
            service_name=name,
            selector=LabelSelectorArgs(match_labels=selector(name)),
            # Its claim is no child of ours: Kubernetes keeps it when the StatefulSet goes.
            volume_claim_templates=[
                PersistentVolumeClaimArgs(
                    metadata=ObjectMetaArgs(name="data", labels=selector(name)),
                    spec=claim(args.size, args.storage_class),
                )
            ],
            template=PodTemplateSpecArgs(
                metadata=ObjectMetaArgs(
                    labels=labels(name),
                    # The server takes its password at its start.
                    annotations={SECRETS_ANNOTATION: args.password.fingerprint},
                ),
                spec=placed(_pod(name, args, own), args.nodes),
            ),
        ),
        opts=opts,
    )
    return name_of(service.metadata)


def _pod(name: str, args: PostgresArgs, own: pulumi.Input[str]) -> PodSpecArgs:
    tmp, tmp_mount = scratch()
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod_security(),
        termination_grace_period_seconds=60,
        containers=[
            ContainerArgs(
                name=name,
                image=args.image,
                ports=[ContainerPortArgs(name="postgres", container_port=DATABASE_PORT)],
                security_context=container_security(),
                resources=ResourceRequirementsArgs(
                    requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "512Mi"}
                ),
                readiness_probe=ProbeArgs(exec_=_is_ready(), period_seconds=2),
                liveness_probe=ProbeArgs(
                    exec_=_is_ready(),
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
                    secret_name=args.password.secret,
                    items=[KeyToPathArgs(key=args.password.key, path=DATABASE_PASSWORD)],
                ),
            ),
        ],
    )


def _is_ready() -> ExecActionArgs:
    return ExecActionArgs(command=["pg_isready", "-q"])
