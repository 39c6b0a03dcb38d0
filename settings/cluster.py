"""Which cluster the stack lives on."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import Line, Section


class Lab(Section):
    """The single-node cluster that `make lab` starts on this machine."""

    kind: Literal["lab"]


class Context(Section):
    """A cluster of your own, by the name of its context in your kubeconfig."""

    kind: Literal["context"]
    context: Annotated[Line, Field(examples=["rancher-desktop"])]
    """As `kubectl config get-contexts` lists it."""


Cluster = Annotated[Lab | Context, Field(discriminator="kind")]
