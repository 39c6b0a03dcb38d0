"""What the program tells the hub about the kinds of servers there are."""

from typing import Annotated, Literal

from pydantic import Field

from hub.model import Model

PROFILE = "profile"
"""What a server's state calls the profile it was started with; people cannot change it, as they can their options."""
Toleration = dict[str, str]
"""As the API takes it."""


class Image(Model):
    name: str
    title: str
    reference: str


class Gpu(Model):
    count: int
    resource: str
    runtime_class: str | None
    tolerations: tuple[Toleration, ...]


class Listed(Model):
    """What the stack file offers; nothing to choose where a list is empty."""

    kind: Literal["listed"] = "listed"
    images: tuple[str, ...]
    cpu: dict[str, float]
    """Cores, by how they are written."""
    memory: dict[str, int]
    """Bytes, by how they are written."""
    gpu: tuple[int, ...]
    nodes: tuple[str, ...]


class Discovered(Model):
    """What the control API offers."""

    kind: Literal["discovered"] = "discovered"


class Profile(Model):
    name: str
    title: str
    description: str | None = None
    image: str
    """Its name."""
    groups: tuple[str, ...] | None = None
    """Everybody where none are named."""
    cpu_guarantee: float
    cpu_limit: float
    memory_guarantee: int
    """Bytes."""
    memory_limit: int
    gpu: Gpu | None = None
    node_selector: dict[str, str] = {}
    idle: int | None = None
    """Seconds, in place of what the culler says of all."""
    max_age: int | None = None
    choices: Annotated[Listed | Discovered | None, Field(discriminator="kind")] = None


class Discovery(Model):
    url: str
    registries: tuple[str, ...]
    refresh: int
