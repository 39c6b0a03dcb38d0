"""The users' scheduler: Kubernetes' own, under another name, filling one node before it takes the next."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    HTTPGetActionArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRuleArgs,
    RoleRefArgs,
)

from components.accounts import account, grant, subject
from components.base import Component, name_of
from components.naming import SCHEDULER, SCHEDULER_PORT, SETTINGS_ANNOTATION, labels, scheduler_name, selector
from components.placement import Nodes, spread
from components.pods import container_security, fingerprint, pod_security
from components.scheduling.scheduler_config import (
    CONFIG_FILE,
    cluster_rules,
    configuration,
    platform_rules,
    users_rules,
)
from settings.scheduling import UserScheduler

_CONFIG_DIRECTORY = "/etc/user-scheduler"


@dataclass(frozen=True, kw_only=True)
class SchedulerArgs:
    settings: UserScheduler
    name: str
    """Of the platform's namespace, for what belongs to the whole cluster."""
    platform: pulumi.Input[str]
    users: pulumi.Input[str]
    placeholders: bool
    nodes: Nodes
    image: str


class Scheduler(Component):
    def __init__(self, name: str, args: SchedulerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._metadata = ObjectMetaArgs(name=SCHEDULER, namespace=args.platform, labels=labels(SCHEDULER))
        self._subject = subject(SCHEDULER, args.platform)
        self._cluster_rights(scheduler_name(args.name))
        self._rights("platform", args.platform, platform_rules(placeholders=args.placeholders))
        self._rights("users", args.users, users_rules())
        text = configuration(args.name)
        config = ConfigMap(f"{SCHEDULER}-config", metadata=self._metadata, data={CONFIG_FILE: text}, opts=self.child)
        self._deployment(args, name_of(config.metadata), fingerprint(text))
        # On one node there is nowhere to go: a budget would only keep it from being drained.
        if args.settings.replicas > 1 and args.nodes.several:
            PodDisruptionBudget(
                f"{SCHEDULER}-budget",
                metadata=self._metadata,
                spec=PodDisruptionBudgetSpecArgs(
                    max_unavailable=1, selector=LabelSelectorArgs(match_labels=selector(SCHEDULER))
                ),
                opts=self.child,
            )
        self.register_outputs({})

    def _cluster_rights(self, name: str) -> None:
        metadata = ObjectMetaArgs(name=name, labels=labels(SCHEDULER))
        ClusterRole(f"{SCHEDULER}-cluster-role", metadata=metadata, rules=cluster_rules(), opts=self.child)
        ClusterRoleBinding(
            f"{SCHEDULER}-cluster-role-binding",
            metadata=metadata,
            role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=name),
            subjects=[self._subject],
            opts=self.child,
        )

    def _rights(self, role: str, namespace: pulumi.Input[str], rules: list[PolicyRuleArgs]) -> None:
        metadata = ObjectMetaArgs(name=SCHEDULER, namespace=namespace, labels=labels(SCHEDULER))
        grant(f"{SCHEDULER}-{role}", metadata, rules, self._subject, self.child)

    def _deployment(self, args: SchedulerArgs, config: pulumi.Input[str], config_fingerprint: str) -> None:
        own = account(SCHEDULER, args.platform, self.child)
        Deployment(
            SCHEDULER,
            metadata=self._metadata,
            spec=DeploymentSpecArgs(
                replicas=args.settings.replicas,
                # None beside the others: where each needs a node of its own, there may be none left for one more.
                strategy=DeploymentStrategyArgs(
                    type="RollingUpdate", rolling_update=RollingUpdateDeploymentArgs(max_surge=0, max_unavailable=1)
                ),
                selector=LabelSelectorArgs(match_labels=selector(SCHEDULER)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=labels(SCHEDULER), annotations={SETTINGS_ANNOTATION: config_fingerprint}
                    ),
                    spec=spread(_pod(args, own, config), SCHEDULER, args.nodes),
                ),
            ),
            opts=self.child,
        )


def _pod(args: SchedulerArgs, own: pulumi.Input[str], config: pulumi.Input[str]) -> PodSpecArgs:
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=True,
        enable_service_links=False,
        security_context=pod_security(),
        containers=[
            ContainerArgs(
                name=SCHEDULER,
                image=args.image,
                args=[
                    f"--config={_CONFIG_DIRECTORY}/{CONFIG_FILE}",
                    # Only its health is asked for, and that needs nobody's name.
                    "--authentication-skip-lookup=true",
                    # It would wait for ever for kinds that clusters before 1.34 do not have.
                    "--feature-gates=DynamicResourceAllocation=false",
                ],
                ports=[ContainerPortArgs(name="health", container_port=SCHEDULER_PORT)],
                security_context=container_security(),
                resources=ResourceRequirementsArgs(
                    requests={"cpu": "20m", "memory": "64Mi"}, limits={"cpu": "1", "memory": "512Mi"}
                ),
                readiness_probe=_health("/readyz", period_seconds=2),
                liveness_probe=_health("/livez", period_seconds=10),
                volume_mounts=[VolumeMountArgs(name="config", mount_path=_CONFIG_DIRECTORY, read_only=True)],
            )
        ],
        volumes=[VolumeArgs(name="config", config_map=ConfigMapVolumeSourceArgs(name=config))],
    )


def _health(path: str, *, period_seconds: int) -> ProbeArgs:
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=path, port="health", scheme="HTTPS"),
        period_seconds=period_seconds,
        timeout_seconds=3,
        failure_threshold=6,
    )
