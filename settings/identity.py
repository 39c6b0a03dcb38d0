"""Who may log in."""

from typing import Literal

from settings.domain import SecretSource, Section, Usernames


class PasswordIdentity(Section):
    """Named users who share one password. For a single machine; refused wherever the public could knock."""

    kind: Literal["password"]
    password: SecretSource
    admins: Usernames
    users: Usernames = frozenset()


Identity = PasswordIdentity
