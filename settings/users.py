"""The servers people work in."""

from typing import Annotated

from pydantic import Field

from settings.domain import Duration, EnvironmentName, Section, Text, UrlPath, YesOrNo
from settings.form import Whole
from settings.profiles import Discovery, Image, Profile


class UsersSection(Section):
    images: Annotated[tuple[Image, ...], Field(min_length=1)] = (Image(name="notebook", title="Notebook"),)
    """What servers are started from; our notebook image alone when absent."""
    profiles: Annotated[tuple[Profile, ...], Field(min_length=1)]
    """The kinds of servers there are. The first one that is for a person is chosen unless they pick another."""
    discovery: Discovery | None = None
    """Needed by profiles whose choices are discovered."""
    default_url: UrlPath = "/lab"
    """Where people land in their server."""
    start_timeout: Annotated[Duration, Field(examples=["5m"])]
    """How long a server may take to start, the pull of its image included."""
    http_timeout: Annotated[Duration | None, Field(examples=["60s"])] = None
    """How long a server that was started may take to answer; two minutes when absent."""
    named_servers: Annotated[int, Whole("a number of servers", 0, 50, 2)] = 0
    """How many servers, each with a name and a home of its own, a person may have beside their first one."""
    stop_on_logout: YesOrNo = False
    """Whether people's servers are stopped when they log out."""
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
