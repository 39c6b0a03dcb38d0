"""What the way in from the internet is made from: apart from it, since a stack without one shall not pay for the provider."""

from dataclasses import dataclass

import pulumi

from components.placement import Nodes
from settings.contract import Contract
from settings.exposure import Tunnel
from settings.monitoring import MonitoringSection
from settings.rotations import Rotations


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    settings: Tunnel
    api_token: pulumi.Input[str]
    namespace: pulumi.Input[str]
    namespace_name: str
    contract: Contract | None
    edge_client_secret: pulumi.Input[str] | None
    """Of the realm's client that is the edge's; None where it does not log in there."""
    rotations: Rotations
    """How often a generated secret was replaced, by name."""
    nodes: Nodes
    image: str
    monitoring: MonitoringSection | None
    edge_in_reach: bool
    """Whether pods can call Cloudflare, so that it is worth to wait for their connections."""
