"""Who gives way to whom on a full node: placeholders to everybody, servers to the platform they cannot do without."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.scheduling.v1 import PriorityClass

from components.base import Component, name_of
from components.naming import USERS_PRIORITY, labels, priority_class

_PLATFORM = 10
# What pods have that say nothing: whatever else runs on the cluster gives way to no server.
_USERS = 0
# The lowest value that makes a cluster autoscaler bring a node.
_PLACEHOLDERS = -10


@dataclass(frozen=True, kw_only=True)
class PrioritiesArgs:
    namespace: str
    """They belong to the whole cluster, so they carry its name."""
    placeholders: bool


class Priorities(Component):
    platform: pulumi.Output[str]
    users: pulumi.Output[str]
    placeholders: pulumi.Output[str] | None
    """None where there are no placeholders."""

    def __init__(self, name: str, args: PrioritiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.platform = self._class(args, "platform", _PLATFORM, "The hub, the proxy and what belongs to them.")
        self.users = self._class(args, USERS_PRIORITY, _USERS, "The users' servers.")
        self.placeholders = None
        if args.placeholders:
            self.placeholders = self._class(args, "placeholders", _PLACEHOLDERS, "Holds room for the users' servers.")
        self.register_outputs({})

    def _class(self, args: PrioritiesArgs, role: str, value: int, description: str) -> pulumi.Output[str]:
        made = PriorityClass(
            f"{role}-priority",
            metadata=ObjectMetaArgs(name=priority_class(args.namespace, role), labels=labels("priority")),
            value=value,
            description=description,
            opts=self.child,
        )
        return name_of(made.metadata)
