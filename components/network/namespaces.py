"""Two namespaces: one for the platform, and one for the users' servers and homes with a quota and limits of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    LimitRange,
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    Namespace,
    ResourceQuota,
    ResourceQuotaSpecArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component, name_of
from components.naming import STACK_ANNOTATION, labels
from settings.domain import Resources, bytes_of, millicores_of
from settings.namespace import NamespaceSection, Quota
from settings.storage import PerUserClaim, StorageSection

_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


@dataclass(frozen=True, kw_only=True)
class NamespacesArgs:
    settings: NamespaceSection
    profiles: tuple[Resources, ...]
    storage: StorageSection
    labels: Mapping[str, str]
    """What others know the namespaces by, such as a mesh."""


class Namespaces(Component):
    platform: pulumi.Output[str]
    users: pulumi.Output[str]

    def __init__(self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.platform = self._namespace("platform-namespace", args.settings.name, args.labels)
        self.users = self._namespace("users-namespace", args.settings.users, args.labels)
        ResourceQuota(
            "user-quota",
            metadata=ObjectMetaArgs(name="user-quota", namespace=self.users, labels=labels("namespace")),
            spec=ResourceQuotaSpecArgs(hard=quota(args.settings.quota, args.storage)),
            opts=self.child,
        )
        LimitRange(
            "user-limits",
            metadata=ObjectMetaArgs(name="user-limits", namespace=self.users, labels=labels("namespace")),
            spec=LimitRangeSpecArgs(limits=limits(args.profiles, args.storage)),
            opts=self.child,
        )
        self.register_outputs({"platform": self.platform, "users": self.users})

    def _namespace(self, role: str, name: str, known_by: Mapping[str, str]) -> pulumi.Output[str]:
        made = Namespace(
            role,
            metadata=ObjectMetaArgs(
                name=name,
                labels={**labels("namespace"), **_RESTRICTED, **known_by},
                annotations={STACK_ANNOTATION: pulumi.get_stack()},
            ),
            opts=self.kept,
        )
        return name_of(made.metadata)


def quota(settings: Quota, storage: StorageSection) -> dict[str, str]:
    """What the users' namespace may hold in all."""
    return {
        "requests.cpu": settings.cpu,
        "requests.memory": settings.memory,
        "pods": str(settings.servers),
        "persistentvolumeclaims": str((settings.homes or 0) + len(storage.shared)),
        **({"requests.storage": settings.storage} if settings.storage else {}),
    }


def limits(profiles: tuple[Resources, ...], storage: StorageSection) -> list[LimitRangeItemArgs]:
    """No pod is larger than the largest profile and no claim larger than the largest declared, whoever asks for it."""
    claims = [volume.size for volume in storage.shared]
    claims += [storage.home.size] if isinstance(storage.home, PerUserClaim) else []
    largest_cpu = max((profile.cpu.limit for profile in profiles), key=millicores_of)
    largest_memory = max((profile.memory.limit for profile in profiles), key=bytes_of)
    return [
        LimitRangeItemArgs(type="Container", max={"cpu": largest_cpu, "memory": largest_memory}),
        LimitRangeItemArgs(type="PersistentVolumeClaim", max={"storage": max(claims, key=bytes_of)}),
    ]
