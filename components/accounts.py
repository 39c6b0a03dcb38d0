"""Accounts of the pods: each component has one of its own, so that a right given to one is given to no other."""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs, Role, RoleBinding, RoleRefArgs, SubjectArgs

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


def subject(component: str, namespace: pulumi.Input[str]) -> SubjectArgs:
    return SubjectArgs(kind="ServiceAccount", name=component, namespace=namespace)


def grant(
    resource: str,
    metadata: ObjectMetaArgs,
    rules: Sequence[PolicyRuleArgs],
    to: SubjectArgs,
    opts: pulumi.ResourceOptions,
) -> None:
    """A right in the one namespace that the metadata names, for an account of this one or another."""
    role = Role(f"{resource}-role", metadata=metadata, rules=rules, opts=opts)
    RoleBinding(
        f"{resource}-role-binding",
        metadata=metadata,
        role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=name_of(role.metadata)),
        subjects=[to],
        opts=opts,
    )
