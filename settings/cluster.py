"""Which cluster the stack lives on."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import Count, Cpu, KubernetesName, Line, Memory, Section


class Pool(Section):
    """Nodes that are alike."""

    name: Annotated[KubernetesName, Field(examples=["workers"])]
    """What a complaint calls them."""
    count: Count
    """How many there are, at the most if their number changes with the load."""
    cpu: Annotated[Cpu, Field(examples=[16])]
    """What one of them offers to pods, as `kubectl describe node` lists it below Allocatable."""
    memory: Annotated[Memory, Field(examples=["64Gi"])]
    """What one of them offers to pods."""


class Lab(Section):
    """The single-node cluster that `make lab` starts on this machine."""

    kind: Literal["lab"]

    @property
    def nodes(self) -> tuple[Pool, ...]:
        """One, of a size nobody promises."""
        return ()


class Context(Section):
    """A cluster of your own, by the name of its context in your kubeconfig."""

    kind: Literal["context"]
    context: Annotated[Line, Field(examples=["rancher-desktop"])]
    """As `kubectl config get-contexts` lists it."""
    nodes: tuple[Pool, ...] = ()
    """What the promised users are counted against; not counted when absent."""


Cluster = Annotated[Lab | Context, Field(discriminator="kind")]
