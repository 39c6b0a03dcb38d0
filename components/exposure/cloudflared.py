"""cloudflared: the pods that call the edge of Cloudflare and bring what people ask for to the proxy. Nothing calls them."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    KeyToPathArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ResourceRequirementsArgs,
    SecretVolumeSourceArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from components.accounts import account
from components.base import Component
from components.naming import (
    CLOUDFLARED,
    CLOUDFLARED_METRICS_PORT,
    NOT_WAITED_FOR,
    SECRETS_ANNOTATION,
    labels,
    selector,
)
from components.placement import Nodes, spread
from components.pods import container_security, http_probe, pod_security
from components.scraping import TUNNEL_METRICS, scrape_annotations
from components.secrets.credentials import SecretKey
from settings.monitoring import MonitoringSection

_REPLICAS = 2
_DIRECTORY = "/run/tunnel"
_TOKEN = "token"  # noqa: S105 - the name of a file
_SECONDS_TO_FINISH = 30
"""What is under way may go on for so long when a pod ends. Open websockets then come back through the other one."""


@dataclass(frozen=True, kw_only=True)
class CloudflaredArgs:
    namespace: pulumi.Input[str]
    token: SecretKey
    nodes: Nodes
    image: str
    monitoring: MonitoringSection | None
    edge_in_reach: bool
    """Whether the engine may wait until they have a connection."""


class Cloudflared(Component):
    def __init__(self, name: str, args: CloudflaredArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        metadata = ObjectMetaArgs(
            name=CLOUDFLARED,
            namespace=args.namespace,
            labels=labels(CLOUDFLARED),
            annotations=None if args.edge_in_reach else NOT_WAITED_FOR,
        )
        own = account(CLOUDFLARED, args.namespace, self.child)
        Deployment(
            CLOUDFLARED,
            metadata=metadata,
            spec=DeploymentSpecArgs(
                replicas=_REPLICAS,
                # One by one: the other one serves meanwhile, and where each needs a node of its own there may be no third.
                strategy=DeploymentStrategyArgs(
                    type="RollingUpdate", rolling_update=RollingUpdateDeploymentArgs(max_surge=0, max_unavailable=1)
                ),
                selector=LabelSelectorArgs(match_labels=selector(CLOUDFLARED)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=labels(CLOUDFLARED),
                        annotations={
                            SECRETS_ANNOTATION: args.token.fingerprint,
                            **scrape_annotations(args.monitoring, TUNNEL_METRICS),
                        },
                    ),
                    spec=spread(_pod(args, own), CLOUDFLARED, args.nodes),
                ),
            ),
            opts=self.child,
        )
        # On one node there is nowhere to go: a budget would only keep it from being drained.
        if args.nodes.several:
            PodDisruptionBudget(
                f"{CLOUDFLARED}-budget",
                metadata=metadata,
                spec=PodDisruptionBudgetSpecArgs(
                    max_unavailable=1, selector=LabelSelectorArgs(match_labels=selector(CLOUDFLARED))
                ),
                opts=self.child,
            )
        self.register_outputs({})


def _pod(args: CloudflaredArgs, own: pulumi.Input[str]) -> PodSpecArgs:
    token = SecretVolumeSourceArgs(
        secret_name=args.token.secret, items=[KeyToPathArgs(key=args.token.key, path=_TOKEN)], default_mode=0o440
    )
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod_security(),
        termination_grace_period_seconds=_SECONDS_TO_FINISH + 15,
        containers=[
            ContainerArgs(
                name=CLOUDFLARED,
                image=args.image,
                args=[
                    "tunnel",
                    "--no-autoupdate",
                    f"--metrics=0.0.0.0:{CLOUDFLARED_METRICS_PORT}",
                    f"--grace-period={_SECONDS_TO_FINISH}s",
                    "run",
                    f"--token-file={_DIRECTORY}/{_TOKEN}",
                ],
                ports=[ContainerPortArgs(name=TUNNEL_METRICS.port_name, container_port=CLOUDFLARED_METRICS_PORT)],
                security_context=container_security(),
                resources=ResourceRequirementsArgs(
                    requests={"cpu": "50m", "memory": "64Mi"}, limits={"cpu": "1", "memory": "256Mi"}
                ),
                readiness_probe=http_probe("/ready", TUNNEL_METRICS.port_name, period_seconds=2, failure_threshold=6),
                # Not whether it has a connection: starting anew brings no edge back, and it tries again by itself.
                liveness_probe=http_probe(
                    "/healthcheck", TUNNEL_METRICS.port_name, period_seconds=10, failure_threshold=6
                ),
                volume_mounts=[VolumeMountArgs(name=_TOKEN, mount_path=_DIRECTORY, read_only=True)],
            )
        ],
        volumes=[VolumeArgs(name=_TOKEN, secret=token)],
    )
