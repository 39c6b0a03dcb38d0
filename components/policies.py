"""Network policies: everything is denied in both namespaces, then each declared edge is opened."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy, NetworkPolicySpecArgs

from components.base import Component
from components.edges import Edge, policies
from components.naming import labels


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
