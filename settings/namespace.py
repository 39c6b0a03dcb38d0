"""Where everything lives, how much of the cluster the users may take, and how many of them it is meant for."""

from typing import Annotated

from pydantic import Field

from settings.domain import Count, Cpu, KubernetesName, Memory, Section


class Quota(Section):
    """What all user pods together may request."""

    cpu: Annotated[Cpu, Field(examples=[20])]
    """Cores, by what the servers are guaranteed."""
    memory: Annotated[Memory, Field(examples=["80Gi"])]
    """Memory, by what the servers are guaranteed."""
    servers: Annotated[Count, Field(examples=[20])]
    """Running user servers."""
    homes: Annotated[Count | None, Field(examples=[50])] = None
    """Home claims, of running and stopped servers alike. Only where every user's home is a claim."""
    storage: Annotated[Memory | None, Field(examples=["1050Gi"])] = None
    """Disk, by the size of all claims; unlimited when absent."""


class NamespaceSection(Section):
    name: KubernetesName
    """Hub, proxy and database live in this namespace; user pods and homes in `<name>-users`."""
    quota: Quota
    """What all user pods together may request."""

    @property
    def users(self) -> str:
        return f"{self.name}-users"


class CapacitySection(Section):
    """How many people the platform is meant for. What cannot hold them is refused."""

    users: Annotated[Count, Field(examples=[20])]
    """How many may have a server running at the same moment, each with a home and the default profile."""
