"""How many people a stack has room for: what one server is guaranteed, against the quota, the limits and the nodes."""

from collections.abc import Iterator
from dataclasses import dataclass

from settings.checks import LENGTHS
from settings.domain import Resources, bytes_of, millicores_of
from settings.root import Settings
from settings.storage import PerUserClaim
from settings.users import Profile

PODS_ON_A_NODE = 110
"""What a kubelet runs unless told otherwise."""
_UNITS = (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


@dataclass(frozen=True)
class Bound:
    """Something that admits so many servers and no more."""

    servers: int
    key: str
    """Where the stack file says so."""
    what: str
    needed: str | None
    """What would have to stand there for the people promised; None where no single value would do."""


def bounds(settings: Settings, profile: Profile) -> list[Bound]:
    """Everything that limits how many servers of one profile run at the same moment, the tightest first."""
    users = settings.capacity.users if settings.capacity else 1
    return sorted(
        [*_of_the_quota(settings, profile, users), *_of_the_hub(settings, users), *_of_the_nodes(settings, profile)],
        key=lambda bound: bound.servers,
    )


def summary(settings: Settings) -> str:
    """One sentence for whoever reads the preview."""
    promised = settings.capacity.users if settings.capacity else None
    return "; ".join(f"{profile.name}: {_admitted(settings, profile, promised)}" for profile in settings.users.profiles)


def fits(needed: Resources, cpu: int, memory: int) -> int:
    """How many pods of one size fit into some room."""
    return min(cpu // millicores_of(needed.cpu.guarantee), memory // bytes_of(needed.memory.guarantee))


def in_units(size: int) -> str:
    """Bytes, as a person would write them."""
    return next(f"{size // factor}{unit}" for unit, factor in _UNITS if size % factor == 0)


def in_time(seconds: int) -> str:
    """Seconds, as a stack file has them."""
    return next(f"{seconds // length}{unit}" for unit, length in reversed(LENGTHS.items()) if seconds % length == 0)


def _admitted(settings: Settings, profile: Profile, promised: int | None) -> str:
    tightest = bounds(settings, profile)[0]
    if promised is None:
        return f"admits {tightest.servers} users ({tightest.what})"
    reason = f" ({tightest.what})" if tightest.servers < promised else ""
    return f"admits {min(tightest.servers, promised)} of {promised} users{reason}"


def _of_the_quota(settings: Settings, profile: Profile, users: int) -> Iterator[Bound]:
    quota = settings.namespace.quota
    cpu, memory = millicores_of(profile.cpu.guarantee), bytes_of(profile.memory.guarantee)
    key = "namespace.quota"
    yield Bound(millicores_of(quota.cpu) // cpu, f"{key}.cpu", "CPU requests", _cores(cpu * users))
    yield Bound(bytes_of(quota.memory) // memory, f"{key}.memory", "memory requests", in_units(memory * users))
    yield Bound(quota.servers, f"{key}.servers", "servers", str(users))
    yield from _of_the_disk(settings, users)


def _of_the_disk(settings: Settings, users: int) -> Iterator[Bound]:
    """Only homes that are claims are counted, and take room beside the shared volumes."""
    quota, home = settings.namespace.quota, settings.storage.home
    if not isinstance(home, PerUserClaim):
        return
    if quota.homes is not None:
        yield Bound(quota.homes, "namespace.quota.homes", "homes", str(users))
    if quota.storage is not None:
        size, shared = bytes_of(home.size), sum(bytes_of(volume.size) for volume in settings.storage.shared)
        admitted = max(0, bytes_of(quota.storage) - shared) // size
        yield Bound(admitted, "namespace.quota.storage", "disk for homes", in_units(size * users + shared))


def _of_the_hub(settings: Settings, users: int) -> Iterator[Bound]:
    if settings.hub.active_servers is not None:
        yield Bound(settings.hub.active_servers, "hub.active_servers", "servers the hub allows", str(users))


def _of_the_nodes(settings: Settings, profile: Profile) -> Iterator[Bound]:
    if settings.cluster.nodes:
        yield Bound(_on_nodes(settings, profile), "cluster.nodes", "room on the nodes", None)


def _on_nodes(settings: Settings, profile: Profile) -> int:
    """Hub and proxy are placed first, each where the first node has room for it."""
    rooms = [
        [millicores_of(pool.cpu), bytes_of(pool.memory)] for pool in settings.cluster.nodes for _ in range(pool.count)
    ]
    for part in (settings.hub.resources, settings.proxy.resources):
        for room in rooms:
            if fits(part, *room):
                room[0] -= millicores_of(part.cpu.guarantee)
                room[1] -= bytes_of(part.memory.guarantee)
                break
    return sum(min(fits(profile, *room), PODS_ON_A_NODE) for room in rooms)


def _cores(millicores: int) -> str:
    return f"{millicores}m" if millicores % 1000 else str(millicores // 1000)
