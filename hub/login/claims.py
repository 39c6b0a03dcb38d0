"""What Keycloak says of somebody, as the hub takes it. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

USER_ROLE, ADMIN_ROLE = "user", "admin"
USERNAME = re.compile(r"[a-z]([a-z0-9._-]{0,61}[a-z0-9])?")
"""Nothing else is a name here, and nothing is made into one: whatever is mapped can be mapped onto somebody else."""
_TOP_LEVEL = re.compile(r"/[^/]+")


@dataclass(frozen=True)
class Known:
    """Somebody, as Keycloak knows them."""

    sub: str
    """What stays the same whatever they are called."""
    name: str
    admin: bool
    allowed: bool
    groups: tuple[str, ...]
    email: str | None = None


def is_username(name: object) -> bool:
    return isinstance(name, str) and USERNAME.fullmatch(name) is not None


def known(claims: Mapping[str, Any]) -> Known:
    """The name is taken as it is: whether it may be one is asked of `is_username`."""
    roles, email = set(_texts(claims.get("roles"))), claims.get("email")
    return Known(
        sub=str(claims["sub"]),
        name=str(claims.get("preferred_username", "")),
        admin=ADMIN_ROLE in roles,
        allowed=bool(roles & {USER_ROLE, ADMIN_ROLE}),
        groups=tuple(sorted(top_level(_texts(claims.get("groups"))))),
        email=email.lower() if isinstance(email, str) else None,
    )


def top_level(paths: Iterable[str]) -> set[str]:
    """Names of groups from their full paths. A group inside of another one is none of ours: `/x/admins` is not `/admins`."""
    return {path[1:] for path in paths if _TOP_LEVEL.fullmatch(path)}


def _texts(value: object) -> list[str]:
    """A claim that is a list; it is absent where the list would be empty."""
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return [each for each in entries if isinstance(each, str)]
