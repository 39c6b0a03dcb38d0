"""What a server can be: its image, its size, its GPUs, and who may have it."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from settings.domain import (
    Cpu,
    Duration,
    Groups,
    KubernetesName,
    Line,
    Memory,
    ObjectName,
    Resources,
    Section,
    port_of,
)
from settings.form import Form, ToldApart, Whole
from settings.nodes import NodeSelector, Toleration

_HOST = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?"
_PATH = r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)"

ImageReference = Annotated[
    str,
    Form(
        "an image with a digest",
        rf"{_HOST}{_PATH}+(:[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?@sha256:[0-9a-f]{{64}}",
        "write registry, path and digest, so that it is the same tomorrow, such as quay.io/jupyter/scipy-notebook@sha256:...",
        "quay.io/jupyter/scipy-notebook@sha256:" + "0" * 64,
        longest=500,
    ),
]
Registry = Annotated[
    str,
    Form(
        "a place in a registry",
        rf"{_HOST}{_PATH}*",
        "write its host, and a path if it has one, such as harbor.example.com/library",
        "harbor.example.com/library",
        longest=250,
    ),
]
ControlUrl = Annotated[
    str,
    Form(
        "the address of a control API",
        rf"https?://{_HOST}",
        "write scheme, host and port without a path, such as http://backend.thinkube-control:8000",
        "http://backend.thinkube-control:8000",
        longest=250,
    ),
]
ResourceName = Annotated[
    str,
    Form(
        "the name of an extended resource",
        r"(?!([a-z0-9.-]*\.)?kubernetes\.io/)[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?",
        "write it as the node's device plugin does, such as nvidia.com/gpu",
        "nvidia.com/gpu",
        longest=250,
    ),
]
GpuCount = Annotated[int, Whole("a number of GPUs", 0, 64, 1)]


class Image(Section):
    """What a server is started from."""

    name: Annotated[KubernetesName, Field(examples=["scipy-notebook"])]
    """One of ours (see images/catalogue.py), or any name where a reference follows."""
    title: Annotated[Line, Field(examples=["Data science"])]
    """What people read."""
    reference: ImageReference | None = None
    """Where somebody else's image is. It must start `jupyterhub-singleuser` as user 1000."""


class Gpu(Section):
    """Devices that a plugin of the cluster hands out."""

    count: Annotated[int, Whole("a number of GPUs", 1, 64, 1)]
    """How many a server gets, or may choose at most where `choices` offers a number."""
    resource: ResourceName
    """What the nodes call them."""
    runtime_class: Annotated[ObjectName | None, Field(examples=["nvidia"])] = None
    """The RuntimeClass a server with GPUs runs under; the cluster's default when absent."""
    tolerations: tuple[Toleration, ...] = ()
    """Of a server with GPUs alone: the taints of their nodes."""


class ProfileCuller(Section):
    """When a server of this profile is stopped, in place of what `culler` says of all."""

    idle: Annotated[Duration | None, Field(examples=["4h"])] = None
    """Stops a server nobody has used for so long; as for all when absent."""
    max_age: Annotated[Duration | None, Field(examples=["7d"])] = None
    """Stops a server after this time even if it is in use; as for all when absent."""


class Listed(Section):
    """What people choose from, written down here. The first of each list is chosen unless they pick another."""

    kind: Literal["listed"]
    images: Annotated[tuple[KubernetesName, ...], ToldApart(), Field(examples=[["scipy-notebook"]])] = ()
    """Names from `users.images`; the image of the profile when absent."""
    cpu: Annotated[tuple[Cpu, ...], ToldApart(), Field(examples=[[1, 2]])] = ()
    """Cores a server may use at most; the limit of the profile when absent."""
    memory: Annotated[tuple[Memory, ...], ToldApart(), Field(examples=[["1Gi", "2Gi"]])] = ()
    """Memory a server may use at most; the limit of the profile when absent."""
    gpu: Annotated[tuple[GpuCount, ...], ToldApart(), Field(examples=[[0, 1]])] = ()
    """GPUs a server gets; the count of the profile when absent."""
    nodes: Annotated[tuple[ObjectName, ...], ToldApart(), Field(examples=[["worker-1"]])] = ()
    """Nodes by name, of which people may pick one; any node when absent."""


class Discovered(Section):
    """What people choose from is asked of the control API when they start a server: images, nodes, and sizes up to those of
    the largest node, and never beyond the limits of the profile."""

    kind: Literal["discovered"]


class Profile(Resources):
    """One kind of server."""

    name: Annotated[KubernetesName, Field(examples=["small"])]
    """What a request by script names."""
    title: Line
    """What people read."""
    description: Line | None = None
    """What people read below the title."""
    image: Annotated[KubernetesName | None, Field(examples=["scipy-notebook"])] = None
    """A name from `users.images`; the first one when absent."""
    groups: Groups | None = None
    """Who may start it; everybody when absent."""
    gpu: Gpu | None = None
    """The server has none when absent."""
    node_selector: NodeSelector = {}
    """The labels a node must have, beside those that `scheduling.users` asks for."""
    culler: ProfileCuller | None = None
    """As for every other server when absent."""
    choices: Annotated[Listed | Discovered | None, Field(discriminator="kind")] = None
    """What people may choose beside the profile; nothing when absent."""


class Discovery(Section):
    """The control API of the cluster: which images, nodes and sizes there are."""

    url: ControlUrl
    """Where it answers: `<service>.<namespace>` in this cluster, and the port of its pods."""
    registries: Annotated[tuple[Registry, ...], Field(min_length=1), ToldApart()]
    """The only places its images may come from; others are left out of what people see."""
    refresh: Annotated[Duration, Field(examples=["60s"])]
    """How long an answer is used before it is asked again. The last good one is kept while it does not answer."""

    @property
    def port(self) -> int:
        return port_of(self.url)

    @property
    def namespace(self) -> str | None:
        """Where its pods are; None for what is not in this cluster."""
        match (urlsplit(self.url).hostname or "").removesuffix(".cluster.local").removesuffix(".svc").split("."):
            case [_, namespace]:
                return namespace
            case _:
                return None
