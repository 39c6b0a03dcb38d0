"""On which nodes the platform's own pods run, and how far apart those of one component. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    PodAffinityTermArgs,
    PodAntiAffinityArgs,
    PodSpecArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
    WeightedPodAffinityTermArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from components.naming import selector
from settings.cluster import Cluster
from settings.nodes import Placement, Toleration

_NODE, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Where pods go, and whom they may push aside there."""

    placement: Placement
    priority_class: pulumi.Input[str] | None
    """The cluster's default when None."""
    several: bool = False
    """Whether the stack file says that there is more than one."""


def are_several(cluster: Cluster) -> bool:
    return sum(pool.count for pool in cluster.nodes) > 1


def placed(pod: PodSpecArgs, nodes: Nodes) -> PodSpecArgs:
    """The pod, sent to those nodes."""
    pod.node_selector = nodes.placement.node_selector or None
    pod.tolerations = tolerations(nodes.placement.tolerations) or None
    pod.priority_class_name = nodes.priority_class
    return pod


def spread(pod: PodSpecArgs, component: str, nodes: Nodes) -> PodSpecArgs:
    """The pod, sent to those nodes, and away from the other pods of its component."""
    others = LabelSelectorArgs(match_labels=selector(component))
    apart = PodAffinityTermArgs(label_selector=others, topology_key=_NODE)
    pod.affinity = AffinityArgs(
        pod_anti_affinity=PodAntiAffinityArgs(required_during_scheduling_ignored_during_execution=[apart])
        if nodes.several
        else PodAntiAffinityArgs(
            preferred_during_scheduling_ignored_during_execution=[
                WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=apart)
            ]
        )
    )
    pod.topology_spread_constraints = [
        TopologySpreadConstraintArgs(
            topology_key=_ZONE, max_skew=1, when_unsatisfiable="ScheduleAnyway", label_selector=others
        )
    ]
    return placed(pod, nodes)


def tolerations(declared: Iterable[Toleration]) -> list[TolerationArgs]:
    return [
        TolerationArgs(
            key=each.key,
            operator="Exists" if each.value is None else "Equal",
            value=each.value,
            effect=each.effect,
        )
        for each in declared
    ]
