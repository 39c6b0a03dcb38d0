"""What else may speak to the hub, and who may do what there."""

from typing import Annotated

from pydantic import Field

from settings.domain import GroupName, KubernetesName, SecretSource, Section, Usernames
from settings.form import Form, ToldApart

Scope = Annotated[
    str,
    Form(
        "a scope of JupyterHub",
        r"[a-z][a-z_-]*(:[a-z_-]+)*(!(user|server|service|group)(=[A-Za-z0-9._/-]+)?)?",
        "write it as JupyterHub's documentation does, such as read:servers or list:users!group=analysts",
        "read:servers",
    ),
]
Scopes = Annotated[tuple[Scope, ...], Field(min_length=1), ToldApart()]


class HubService(Section):
    """Something outside that speaks to the hub's API."""

    name: Annotated[KubernetesName, Field(examples=["usage-report"])]
    """What the hub's log calls it."""
    scopes: Scopes
    """What it may do. Never what an administrator may."""
    token: SecretSource
    """Where its token comes from; a generated one lies in the Secret `service-<name>-token`."""


class HubRole(Section):
    """Rights beyond those that everybody has over their own servers."""

    name: Annotated[KubernetesName, Field(examples=["helpdesk"])]
    """What the hub calls it."""
    scopes: Scopes
    """What its bearers may do. Never what an administrator may: those stand in `identity.admins`."""
    users: Usernames = frozenset()
    """Who has it."""
    groups: Annotated[frozenset[GroupName], ToldApart()] = frozenset()
    """Whose members have it."""
    services: Annotated[frozenset[KubernetesName], ToldApart(), Field(examples=[["usage-report"]])] = frozenset()
    """Which services have it."""
