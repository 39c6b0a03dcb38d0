"""The hub itself and the proxy in front of it."""

from typing import Annotated

from pydantic import Field

from settings.domain import ClassName, Count, EnvironmentName, PlainValue, Resources, Section, Text
from settings.roles import HubRole, HubService


class HubSection(Section):
    replicas: Count = 1
    """How many hubs; more than one is refused."""
    resources: Resources
    """What the hub's pod gets."""
    concurrent_spawns: Count
    """How many servers may be starting at the same moment; more are asked to try again."""
    active_servers: Annotated[Count | None, Field(examples=[20])] = None
    """How many servers may run at all; unlimited when absent."""
    environment: Annotated[dict[EnvironmentName, Text], Field(examples=[{"TZ": "Europe/Berlin"}])] = {}
    """Plain values the hub's process sees, for what it has no key or trait for. Nothing secret belongs here."""
    services: tuple[HubService, ...] = ()
    """What else speaks to the hub's API."""
    roles: tuple[HubRole, ...] = ()
    """Who may do more than look after their own servers."""
    traits: Annotated[
        dict[ClassName, dict[str, PlainValue]], Field(examples=[{"JupyterHub": {"cookie_max_age_days": 7}}])
    ] = {}
    """Traits of JupyterHub, KubeSpawner or the authenticator that have no key of their own here, by class and name.

    Checked against the pinned versions before anything is changed; a trait that another key sets is refused."""


class ProxySection(Section):
    replicas: Count = 1
    """How many proxies; more than one is refused."""
    resources: Resources
    """What the proxy's pod gets."""
