"""The hub, the proxy in front of it, and what both are told."""
