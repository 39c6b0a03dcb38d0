"""Where everything lives, and how much of the cluster the users may take."""

from settings.domain import Count, Cpu, KubernetesName, Memory, Section


class Quota(Section):
    """What all user pods together may request."""

    cpu: Cpu
    """Cores, by what the servers are guaranteed."""
    memory: Memory
    """Memory, by what the servers are guaranteed."""
    servers: Count
    """Running user servers."""
    homes: Count
    """Home claims, of running and stopped servers alike."""


class NamespaceSection(Section):
    name: KubernetesName
    """Hub, proxy and database live in this namespace; user pods and homes in `<name>-users`."""
    quota: Quota
    """What all user pods together may request."""

    @property
    def users(self) -> str:
        return f"{self.name}-users"
