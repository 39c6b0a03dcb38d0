"""Sizes that contradict each other."""

from collections.abc import Iterator

from settings.domain import Resources, bytes_of, millicores_of
from settings.problems import Problem
from settings.root import Settings


def limits_hold_guarantees(settings: Settings) -> Iterator[Problem]:
    for key, resources in _resources(settings):
        yield from _within(f"{key}.cpu", millicores_of(resources.cpu.guarantee), millicores_of(resources.cpu.limit))
        yield from _within(f"{key}.memory", bytes_of(resources.memory.guarantee), bytes_of(resources.memory.limit))


def _resources(settings: Settings) -> Iterator[tuple[str, Resources]]:
    yield "hub.resources", settings.hub.resources
    yield "proxy.resources", settings.proxy.resources
    for position, profile in enumerate(settings.users.profiles):
        yield f"users.profiles.{position}", profile


def _within(key: str, guarantee: int, limit: int) -> Iterator[Problem]:
    if guarantee > limit:
        yield Problem(
            f"{key}.limit",
            "is smaller than the guarantee, so no pod could start; raise the limit or lower the guarantee",
        )


RULES = (limits_hold_guarantees,)
