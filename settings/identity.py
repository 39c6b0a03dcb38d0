"""Who may log in."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import GroupName, SecretSource, Section, Usernames


class PasswordIdentity(Section):
    """Named users who share one password. For a single machine; refused wherever the public could knock."""

    kind: Literal["password"]
    password: SecretSource
    """Where the password comes from. There is no fallback."""
    admins: Usernames
    """They may also look after other people's servers. At least one."""
    users: Annotated[Usernames, Field(examples=[["bob"]])] = frozenset()
    """Everybody else who may log in."""
    groups: Annotated[dict[GroupName, Usernames], Field(examples=[{"analysts": ["bob"]}])] = {}
    """Who belongs together. What names groups elsewhere in this file is for their members alone."""


Identity = PasswordIdentity
