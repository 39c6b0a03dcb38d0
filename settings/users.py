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

    name: KubernetesName
    title: Line


class UsersSection(Section):
    profiles: Annotated[tuple[Profile, ...], Field(min_length=1)]
    """The first one is chosen unless the user picks another."""
    default_url: UrlPath = "/lab"
    start_timeout: Duration
    """How long a server may take to start, the pull of its image included."""
    internet: YesOrNo
    """Whether notebooks may reach addresses outside the cluster's private networks."""
    environment: dict[EnvironmentName, Text] = {}
    """Plain values every notebook sees. Nothing secret belongs here."""


class CullerSection(Section):
    """Stops servers nobody uses."""

    idle: Duration
    every: Duration
    max_age: Duration | None = None
    """Stops a server after this time even if it is in use; never when absent."""
