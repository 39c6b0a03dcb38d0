"""How people reach the hub."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import Hostname, Port, Section


class PortForward(Section):
    """A port on the loopback of the machine that runs `make up`. Nothing is published."""

    kind: Literal["port_forward"]
    port: Port = 8000
    """The port on this machine."""


class Ingress(Section):
    """A host name served by the cluster's ingress controller."""

    kind: Literal["ingress"]
    host: Hostname
    """The name people type into their browser."""


class Tunnel(Section):
    """A host name on the internet, reached through a Cloudflare tunnel."""

    kind: Literal["tunnel"]
    host: Hostname
    """The name people type into their browser."""


Exposure = Annotated[PortForward | Ingress | Tunnel, Field(discriminator="kind")]
