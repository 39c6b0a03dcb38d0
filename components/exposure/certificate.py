"""Certificates of other namespaces, copied and kept fresh by a pod that may read those Secrets and write those copies alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs, DeploymentStrategyArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ExecActionArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    Secret,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from components.accounts import account, grant, subject
from components.base import Component
from components.naming import CERTIFICATE, labels, selector
from components.pods import container_security, pod_security, scratch
from hub.places import CERTIFICATE_COPIED, CERTIFICATE_LOOKED
from settings.exposure import Copied

_MINUTES_OF_SILENCE = 2


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    copies: Mapping[str, Copied]
    """Where each comes from, by the Secret of ours that holds the copy."""
    namespace: pulumi.Input[str]
    namespace_name: str
    image: str


class Certificate(Component):
    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        # Declared without its values, which are the copier's: nobody else may make Secrets here, and an update leaves them.
        for number, copy in enumerate(args.copies):
            Secret(
                _numbered("certificate-copy", number),
                metadata=ObjectMetaArgs(name=copy, namespace=args.namespace, labels=labels(CERTIFICATE)),
                opts=self.child,
            )
        for number, (namespace, sources) in enumerate(_by_namespace(args.copies.values()).items()):
            self._right(_numbered("source", number), args, namespace, sources, ["get"])
        self._right("copy", args, args.namespace, list(args.copies), ["get", "patch"])
        Deployment(
            "certificate",
            metadata=ObjectMetaArgs(name=CERTIFICATE, namespace=args.namespace, labels=labels(CERTIFICATE)),
            spec=DeploymentSpecArgs(
                replicas=1,
                strategy=DeploymentStrategyArgs(type="Recreate"),
                selector=LabelSelectorArgs(match_labels=selector(CERTIFICATE)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=labels(CERTIFICATE)),
                    spec=_pod(args, account(CERTIFICATE, args.namespace, self.child)),
                ),
            ),
            opts=self.child,
        )
        self.register_outputs({})

    def _right(
        self, role: str, args: CertificateArgs, namespace: pulumi.Input[str], secrets: list[str], verbs: list[str]
    ) -> None:
        name = f"{args.namespace_name}-{CERTIFICATE}"
        metadata = ObjectMetaArgs(name=name, namespace=namespace, labels=labels(CERTIFICATE))
        rules = [PolicyRuleArgs(api_groups=[""], resources=["secrets"], resource_names=secrets, verbs=verbs)]
        grant(role, metadata, rules, subject(CERTIFICATE, args.namespace), self.child)


def _pod(args: CertificateArgs, own: pulumi.Input[str]) -> PodSpecArgs:
    tmp, tmp_mount = scratch()
    copies = [f"{each.namespace}/{each.name}={args.namespace_name}/{copy}" for copy, each in args.copies.items()]
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=True,
        enable_service_links=False,
        security_context=pod_security(),
        containers=[
            ContainerArgs(
                name=CERTIFICATE,
                image=args.image,
                command=["python", "-m", "hub.certificate_copy", *copies],
                security_context=container_security(),
                resources=ResourceRequirementsArgs(
                    requests={"cpu": "10m", "memory": "64Mi"}, limits={"cpu": "200m", "memory": "192Mi"}
                ),
                readiness_probe=ProbeArgs(
                    exec_=ExecActionArgs(command=["test", "-e", str(CERTIFICATE_COPIED)]), period_seconds=5
                ),
                liveness_probe=ProbeArgs(
                    exec_=ExecActionArgs(command=["sh", "-c", _looked_lately()]),
                    initial_delay_seconds=60,
                    period_seconds=30,
                ),
                volume_mounts=[tmp_mount],
            )
        ],
        volumes=[tmp],
    )


def _numbered(role: str, number: int) -> str:
    """The first one stays what it is when another one comes: the engine would make a renamed one, and then delete the object."""
    return f"{role}-{number + 1}" if number else role


def _by_namespace(sources: Iterable[Copied]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source in sources:
        found.setdefault(source.namespace, []).append(source.name)
    return found


def _looked_lately() -> str:
    return f'test -n "$(find {CERTIFICATE_LOOKED} -mmin -{_MINUTES_OF_SILENCE})"'
