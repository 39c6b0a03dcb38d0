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


def the_quota_admits_a_server(settings: Settings) -> Iterator[Problem]:
    quota = settings.namespace.quota
    for position, profile in enumerate(settings.users.profiles):
        key = f"users.profiles.{position}"
        if millicores_of(profile.cpu.guarantee) > millicores_of(quota.cpu):
            yield Problem(
                f"{key}.cpu.guarantee",
                f"is more than namespace.quota.cpu ({quota.cpu}), so not one server could start; lower it or raise the quota",
            )
        if bytes_of(profile.memory.guarantee) > bytes_of(quota.memory):
            yield Problem(
                f"{key}.memory.guarantee",
                f"is more than namespace.quota.memory ({quota.memory}), so not one server could start; lower it or raise "
                "the quota",
            )
    if quota.servers > quota.homes:
        yield Problem(
            "namespace.quota.homes",
            f"is less than namespace.quota.servers ({quota.servers}), and every server needs a home; raise it",
        )
    if settings.hub.active_servers is not None and settings.hub.active_servers > quota.servers:
        yield Problem(
            "hub.active_servers",
            f"is more than namespace.quota.servers ({quota.servers}), so the last servers could not start; lower it or raise "
            "the quota",
        )


RULES = (limits_hold_guarantees, the_quota_admits_a_server)
