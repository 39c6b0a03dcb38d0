"""Groups that things are for, wherever the stack file names them."""

from collections.abc import Collection, Iterator

from settings.identity import KeycloakIdentity
from settings.problems import Problem
from settings.root import Settings


def nobody_in(settings: Settings, key: str, groups: Collection[str] | None) -> Iterator[Problem]:
    """The groups below a key that nobody can ever be in."""
    if isinstance(settings.identity, KeycloakIdentity):
        # They are groups of the realm, which the program makes or finds.
        return
    known = settings.identity.groups
    for group in sorted(groups or ()):
        if group not in known:
            there = f"choose one of {', '.join(sorted(known))}" if known else "no group is declared yet"
            yield Problem(key, f"names {group!r}, and nobody is in that group; add it to identity.groups, {there}")
