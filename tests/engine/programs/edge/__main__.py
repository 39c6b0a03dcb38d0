"""The way in from the internet, alone: what a stack declares at Cloudflare, and for the cluster only as files."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.exposure.cloudflare import Cloudflare
from components.exposure.edge_args import EdgeArgs
from components.placement import Nodes
from settings.exposure import Tunnel
from settings.nodes import Placement

config = pulumi.Config()
exposure: dict[str, Any] = config.require_object("exposure")
files = kubernetes.Provider("files", render_yaml_to_directory=config.require("files"))
Cloudflare(
    "cloudflare",
    EdgeArgs(
        settings=Tunnel.model_validate(exposure),
        api_token=config.require_secret("token"),
        namespace="edge",
        namespace_name="edge",
        contract=None,
        edge_client_secret=None,
        rotations=config.get_object("rotations") or {},
        nodes=Nodes(placement=Placement(), priority_class=None),
        image="cloudflared:1",
        monitoring=None,
        edge_in_reach=False,
    ),
    pulumi.ResourceOptions(providers=[files]),
)
