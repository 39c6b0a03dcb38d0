"""Network policies: everything is denied in both namespaces, then each declared edge is opened.

The translation of edges into policies is pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from components.base import Component
from components.naming import labels
from components.network.edges import Edge, End, Pods


@dataclass(frozen=True)
class Policy:
    """The one network policy of a component."""

    pods: Pods
    spec: NetworkPolicySpecArgs


@dataclass(frozen=True, kw_only=True)
class PoliciesArgs:
    edges: list[Edge]
    namespaces: Mapping[str, pulumi.Input[str]]
    """The platform's and the users', by name, as objects that the policies wait for."""


class Policies(Component):
    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for role, namespace in zip(("platform", "users"), args.namespaces.values(), strict=True):
            NetworkPolicy(
                f"{role}-deny",
                metadata=ObjectMetaArgs(name="deny-all", namespace=namespace, labels=labels("policy")),
                spec=NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]),
                opts=self.child,
            )
        for policy in policies(args.edges):
            NetworkPolicy(
                f"{policy.pods.name}-edges",
                metadata=ObjectMetaArgs(
                    name=policy.pods.name,
                    namespace=args.namespaces[policy.pods.namespace],
                    labels=labels("policy"),
                ),
                spec=policy.spec,
                opts=self.child,
            )
        self.register_outputs({})


def policies(declared: Iterable[Edge]) -> list[Policy]:
    """One policy per component that stands at either end of an edge, holding its rules in both directions."""
    listed = list(declared)
    ends = {end for edge in listed for end in (edge.source, edge.target) if isinstance(end, Pods)}
    return [_policy(pods, listed) for pods in sorted(ends, key=lambda pods: (pods.namespace, pods.name))]


def _policy(pods: Pods, listed: list[Edge]) -> Policy:
    incoming = _by_peer((edge.source, edge) for edge in listed if edge.target == pods)
    outgoing = _by_peer((edge.target, edge) for edge in listed if edge.source == pods)
    into = [NetworkPolicyIngressRuleArgs(from_=[end.peer()], ports=_ports(there)) for end, there in incoming]
    out = [NetworkPolicyEgressRuleArgs(to=[end.peer()], ports=_ports(there)) for end, there in outgoing]
    return Policy(
        pods,
        NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=pods.labels),
            policy_types=["Ingress", "Egress"],
            # An API server keeps no empty list, and would take each one for a change.
            ingress=into or None,
            egress=out or None,
        ),
    )


def _by_peer(edges: Iterable[tuple[End, Edge]]) -> Iterable[tuple[End, list[Edge]]]:
    """One rule for each peer, however many edges lead there: then none says again what another one says."""
    found: dict[End, list[Edge]] = {}
    for peer, edge in edges:
        found.setdefault(peer, []).append(edge)
    return found.items()


def _ports(edges: list[Edge]) -> list[NetworkPolicyPortArgs] | None:
    if not all(edge.ports for edge in edges):
        return None
    ports = dict.fromkeys((port, protocol) for edge in edges for port in edge.ports for protocol in edge.protocols)
    return [NetworkPolicyPortArgs(port=port, protocol=protocol) for port, protocol in ports]
