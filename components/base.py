"""What every component shares: its type token, and the options of its children."""

import pulumi
from pulumi_kubernetes.meta.v1.outputs import ObjectMeta


class Component(pulumi.ComponentResource):
    """A part of the platform. Children name this component as their parent, and inherit only its provider."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"jupyterhub:platform:{type(self).__name__}", name, None, opts)
        self.child = pulumi.ResourceOptions(parent=self)
        # Losing one of these loses data or locks users out of it: `make destroy` keeps them unless told otherwise.
        self.kept = pulumi.ResourceOptions(parent=self, protect=True)


def name_of(metadata: pulumi.Output[ObjectMeta]) -> pulumi.Output[str]:
    """The name of an object, for others that refer to it: they then wait for it."""
    return metadata.apply(lambda known: str(known.name))
