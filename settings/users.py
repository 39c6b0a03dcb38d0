"""The servers people work in."""

from typing import Annotated

from pydantic import Field

from settings.domain import (
    Duration,
    EnvironmentName,
    KubernetesName,
    Line,
    Resources,
    Section,
    Text,
    UrlPath,
    YesOrNo,
)


class Profile(Resources):
    """One choice on the start page."""

    name: Annotated[KubernetesName, Field(examples=["small"])]
    """What a request by script names."""
    title: Line
    """What people read."""


class UsersSection(Section):
    profiles: Annotated[tuple[Profile, ...], Field(min_length=1)]
    """The sizes a server can have. The first one is chosen unless the user picks another."""
    default_url: UrlPath = "/lab"
    """Where people land in their server."""
    start_timeout: Annotated[Duration, Field(examples=["5m"])]
    """How long a server may take to start, the pull of its image included."""
    internet: YesOrNo
    """Whether notebooks may reach addresses outside the cluster's private networks."""
    environment: Annotated[dict[EnvironmentName, Text], Field(examples=[{"MY_SETTING": "some text"}])] = {}
    """Plain values every notebook sees. Nothing secret belongs here."""


class CullerSection(Section):
    """Stops servers nobody uses."""

    idle: Duration
    """Stops a server nobody has used for so long."""
    every: Annotated[Duration, Field(examples=["5m"])]
    """How often to look."""
    max_age: Annotated[Duration | None, Field(examples=["7d"])] = None
    """Stops a server after this time even if it is in use; never when absent."""
