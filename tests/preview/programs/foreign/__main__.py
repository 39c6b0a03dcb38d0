"""Declares something that is not for a cluster at all."""

import pulumi

pulumi.CustomResource("cloudflare:index/tunnel:Tunnel", "tunnel", {"name": "tunnel"})
