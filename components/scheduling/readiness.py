"""What is there before somebody waits for it: room for the next servers, and their images on every node."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import (
    DaemonSet,
    DaemonSetSpecArgs,
    DaemonSetUpdateStrategyArgs,
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDaemonSetArgs,
)
from pulumi_kubernetes.core.v1 import ContainerArgs, PodSpecArgs, PodTemplateSpecArgs, ResourceRequirementsArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.accounts import account
from components.base import Component
from components.naming import NOT_WAITED_FOR, PLACEHOLDER, PULLER, labels, selector
from components.placement import Nodes, placed
from components.pods import container_security, pod_security, requirements
from settings.domain import Resources
from settings.scheduling import ImagePuller as ImagePullerSection

# In every image that has a shell, and so in every image a notebook runs in.
_IDLE = ["sleep", "infinity"]


@dataclass(frozen=True, kw_only=True)
class PlaceholdersArgs:
    count: int
    size: Resources
    namespace: pulumi.Input[str]
    nodes: Nodes
    scheduler: str | None
    image: str


class Placeholders(Component):
    """In the platform's namespace, where they take nothing of the users' quota."""

    def __init__(self, name: str, args: PlaceholdersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        own = account(PLACEHOLDER, args.namespace, self.child)
        pod = _idle_pod([args.image], requirements(args.size), own)
        pod.scheduler_name = args.scheduler
        Deployment(
            PLACEHOLDER,
            # One that finds no room is doing its work: somebody's server has it.
            metadata=ObjectMetaArgs(
                name=PLACEHOLDER, namespace=args.namespace, labels=labels(PLACEHOLDER), annotations=NOT_WAITED_FOR
            ),
            spec=DeploymentSpecArgs(
                replicas=args.count,
                strategy=DeploymentStrategyArgs(type="Recreate"),
                selector=LabelSelectorArgs(match_labels=selector(PLACEHOLDER)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=labels(PLACEHOLDER)), spec=placed(pod, args.nodes)
                ),
            ),
            opts=self.child,
        )
        self.register_outputs({})


@dataclass(frozen=True, kw_only=True)
class ImagePullerArgs:
    settings: ImagePullerSection
    namespace: pulumi.Input[str]
    nodes: Nodes
    images: Sequence[str]


class ImagePuller(Component):
    """One pod on each node that keeps every image in use, so that no node throws one away either."""

    pulled: DaemonSet
    """Ready when every node that takes pods has the images; a node that is not ready is not waited for."""

    def __init__(self, name: str, args: ImagePullerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        own = account(PULLER, args.namespace, self.child)
        # They take no room, so that a node full of servers gets the images of the next ones too.
        nothing = ResourceRequirementsArgs(
            requests={"cpu": "0", "memory": "0"}, limits={"cpu": "100m", "memory": "32Mi"}
        )
        self.pulled = DaemonSet(
            PULLER,
            metadata=ObjectMetaArgs(
                name=PULLER,
                namespace=args.namespace,
                labels=labels(PULLER),
                annotations={} if args.settings.before_rollout else NOT_WAITED_FOR,
            ),
            spec=DaemonSetSpecArgs(
                selector=LabelSelectorArgs(match_labels=selector(PULLER)),
                # All nodes at once: nobody needs these pods themselves.
                update_strategy=DaemonSetUpdateStrategyArgs(
                    type="RollingUpdate", rolling_update=RollingUpdateDaemonSetArgs(max_unavailable="100%")
                ),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=labels(PULLER)),
                    spec=placed(_idle_pod(args.images, nothing, own), args.nodes),
                ),
            ),
            opts=self.child,
        )
        self.register_outputs({})


def _idle_pod(images: Sequence[str], resources: ResourceRequirementsArgs, own: pulumi.Input[str]) -> PodSpecArgs:
    """A container that does nothing for each image, gone the moment it has to."""
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod_security(),
        termination_grace_period_seconds=0,
        containers=[
            ContainerArgs(
                name=f"idle-{number}",
                image=image,
                command=_IDLE,
                security_context=container_security(),
                resources=resources,
            )
            for number, image in enumerate(images)
        ],
    )
