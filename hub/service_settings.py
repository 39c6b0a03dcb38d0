"""What the program tells the hub of the services that notebooks work with."""

from hub.model import Model

SERVICE_LABEL = "service.jupyterhub-platform/"
"""Begins the label that a server has for each declared service its user may use; policies go by it."""
GROUPS_ANNOTATION = "jupyterhub-platform/groups"
"""On a ConfigMap that is found: who it is for, with commas between; everybody when absent."""


class CredentialFile(Model):
    variable: str
    """`<variable>_FILE` says where the file is."""
    secret: str
    """A Secret in the users' namespace."""
    key: str


class DeclaredService(Model):
    name: str
    groups: tuple[str, ...] | None
    """Who it is for; everybody when None."""
    environment: dict[str, str]
    files: tuple[CredentialFile, ...]


class ServiceDiscovery(Model):
    selector: str
    """The labels of the ConfigMaps in which services say how they are reached."""
    namespaces: tuple[str, ...]
    file: str
    """Where a server finds all of it for shells to source."""
