"""Accounts of the pods: each component has one of its own, so that a right given to one is given to no other."""

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import name_of
from components.naming import labels


def account(component: str, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """An account of that name, which gets no token mounted unless a pod asks for it."""
    made = ServiceAccount(
        f"{component}-account",
        metadata=ObjectMetaArgs(name=component, namespace=namespace, labels=labels(component)),
        automount_service_account_token=False,
        opts=opts,
    )
    return name_of(made.metadata)
