"""The hub itself and the proxy in front of it."""

from settings.domain import ClassName, Count, PlainValue, Resources, Section


class HubSection(Section):
    replicas: Count = 1
    resources: Resources
    concurrent_spawns: Count
    """How many servers may be starting at the same moment; more are asked to try again."""
    active_servers: Count | None = None
    """How many servers may run at all; unlimited when absent."""
    traits: dict[ClassName, dict[str, PlainValue]] = {}
    """Traits of JupyterHub, KubeSpawner or the authenticator that have no key of their own here, by class and name.

    Checked against the pinned versions before anything is changed; a trait that another key sets is refused."""


class ProxySection(Section):
    replicas: Count = 1
    resources: Resources
