"""Whom something is for."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    groups: frozenset[str] = frozenset()

    def may_have(self, groups: Collection[str] | None) -> bool:
        """Whether something is for this person: for everybody where no groups are named."""
        return groups is None or not self.groups.isdisjoint(groups)
