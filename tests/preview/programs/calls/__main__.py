"""Asks a provider for something only the provider knows."""

from pulumi.runtime import invoke

invoke("elsewhere:index:lookup", {})
