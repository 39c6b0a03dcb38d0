"""Whether there is room for the people the platform is meant for, and for one server at least."""

from collections.abc import Iterator

from settings.arithmetic import Bound, bounds, fits
from settings.domain import bytes_of, millicores_of
from settings.problems import Problem
from settings.root import Settings


def the_promise_can_be_kept(settings: Settings) -> Iterator[Problem]:
    if settings.capacity is None:
        return
    promised, default = settings.capacity.users, settings.users.profiles[0]
    short = [bound for bound in bounds(settings, default) if bound.servers < promised]
    if short:
        found = ", ".join(f"{bound.key} admits {bound.servers} ({bound.what})" for bound in short)
        mends = " and ".join(map(_mend, short))
        yield Problem(
            "capacity.users",
            f"promises room for {promised} users with the profile {default.name!r}, but {found}; {mends}, or promise "
            f"{short[0].servers}",
        )


def every_server_fits_on_a_node(settings: Settings) -> Iterator[Problem]:
    nodes = settings.cluster.nodes
    for position, profile in enumerate(settings.users.profiles):
        if nodes and not any(fits(profile, millicores_of(pool.cpu), bytes_of(pool.memory)) for pool in nodes):
            yield Problem(
                f"users.profiles.{position}",
                f"{profile.name!r} is guaranteed more than any node of cluster.nodes has, so it could never start; lower "
                "its guarantees or add larger nodes",
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
    if quota.homes is not None and quota.servers > quota.homes:
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


def _mend(bound: Bound) -> str:
    return f"write {bound.key}: {bound.needed}" if bound.needed else f"add to {bound.key}"


RULES = (the_promise_can_be_kept, every_server_fits_on_a_node, the_quota_admits_a_server)
