"""What users find in their servers: whose it is, where it stands, and whether there is room for it."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from settings.cluster import Lab
from settings.domain import bytes_of
from settings.problems import Problem
from settings.root import Settings
from settings.rules.groups import nobody_in
from settings.storage import USER_DIRECTORY, CloneVolume, PerUserClaim, SharedSubpath, SharedVolume

_FREE = (USER_DIRECTORY, "/mnt", "/media", "/srv", "/data")
"""Below these an image keeps no programs."""
_OF_PROGRAMS = (".local", ".jupyter", ".ipython")
"""Below the user's directory: an image may keep packages and settings here."""
_LAB_FOR_ONE, _LAB_FOR_MANY = "lab-rwo", "lab-rwx"
_FOR_ONE_NODE = frozenset(
    {
        _LAB_FOR_ONE,
        *("local-path", "do-block-storage", "linode-block-storage", "vultr-block-storage"),
        *("gp2", "gp3", "standard-rwo", "premium-rwo", "managed-csi", "managed-csi-premium", "managed-premium"),
    }
)
"""Classes that clusters bring along, of disks that one node attaches at a time."""


def nothing_hides_the_users_environment(settings: Settings) -> Iterator[Problem]:
    home = PurePosixPath(USER_DIRECTORY)
    for key, mount in _mounts(settings):
        path = PurePosixPath(mount)
        if path == home:
            if key != "storage.home.mount" or isinstance(settings.storage.home, SharedSubpath):
                yield Problem(
                    key,
                    f"would hide what the image keeps in {home}; only a home of kind per_user_claim may stand there, choose "
                    f"a directory below it, such as {home}/work",
                )
        elif not any(path.is_relative_to(free) and path != PurePosixPath(free) for free in _FREE):
            yield Problem(
                key, f"{mount} may hide programs of the image; choose a directory below {' or '.join(_FREE[:2])}"
            )
        elif any(path.is_relative_to(home / kept) for kept in _OF_PROGRAMS):
            yield Problem(key, f"{mount} may hide packages and settings; choose another directory below {home}")


def mounts_stand_side_by_side(settings: Settings) -> Iterator[Problem]:
    """Only the home may hold the mounts of others: their directories are made in it before the server starts."""
    seen: dict[str, str] = {}
    for key, mount in _mounts(settings):
        for other_key, other in seen.items():
            inner, outer = PurePosixPath(mount), PurePosixPath(other)
            if inner == outer == PurePosixPath(USER_DIRECTORY):
                continue  # nothing but a home may stand there anyway
            if inner == outer:
                yield Problem(key, f"is where {other_key} stands already, and one would hide the other; choose another")
            elif outer.is_relative_to(inner) or (inner.is_relative_to(outer) and other_key != "storage.home.mount"):
                yield Problem(key, f"{mount} and {other_key} ({other}) lie in each other; put them side by side")
        seen[key] = mount


def volumes_are_told_apart(settings: Settings) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, volume in enumerate(settings.storage.volumes):
        if volume.name in seen:
            yield Problem(
                f"storage.volumes.{position}.name",
                f"{volume.name!r} stands twice, so data would be ambiguous; give each volume a name of its own",
            )
        seen.add(volume.name)


def homes_are_private(settings: Settings) -> Iterator[Problem]:
    home = settings.storage.home
    if not isinstance(home, SharedSubpath):
        return
    key = "storage.home.volume"
    found = [volume for volume in settings.storage.volumes if volume.name == home.volume]
    if not found:
        there = ", ".join(volume.name for volume in settings.storage.shared) or "none yet"
        yield Problem(
            key, f"there is no volume {home.volume!r}; add it to storage.volumes, the shared ones are: {there}"
        )
    for volume in found:
        if not isinstance(volume, SharedVolume):
            yield Problem(
                key, f"{home.volume!r} is of kind {volume.kind} and goes with the server; name one of kind shared"
            )
        elif volume.mount is not None:
            yield Problem(
                key,
                f"{home.volume!r} is mounted as a whole too, so everybody could read the homes of all others; remove its "
                "mount, or give the homes a volume of their own",
            )
        elif volume.readers is not None or volume.writers is not None:
            yield Problem(
                key, f"{home.volume!r} holds homes, which have one reader each; remove its readers and writers"
            )


def every_shared_volume_is_used(settings: Settings) -> Iterator[Problem]:
    home = settings.storage.home
    homes = home.volume if isinstance(home, SharedSubpath) else None
    for position, volume in enumerate(settings.storage.volumes):
        if isinstance(volume, SharedVolume) and volume.mount is None and volume.name != homes:
            yield Problem(
                f"storage.volumes.{position}.mount",
                "is missing, so nobody would find the volume; say where it is mounted",
            )


def shared_volumes_are_in_reach_of_every_node(settings: Settings) -> Iterator[Problem]:
    usual = _LAB_FOR_ONE if isinstance(settings.cluster, Lab) else None
    for position, volume in enumerate(settings.storage.volumes):
        if isinstance(volume, SharedVolume) and (kind := volume.storage_class or usual) in _FOR_ONE_NODE:
            mend = (
                f"write {_LAB_FOR_MANY}"
                if usual
                else "name a class that gives ReadWriteMany, such as one of NFS or CephFS"
            )
            yield Problem(
                f"storage.volumes.{position}.storage_class",
                f"{kind} gives disks to one node at a time, and every server mounts this volume; {mend}",
            )


def shared_volumes_are_for_somebody(settings: Settings) -> Iterator[Problem]:
    for position, volume in enumerate(settings.storage.volumes):
        if not isinstance(volume, SharedVolume):
            continue
        key = f"storage.volumes.{position}"
        yield from nobody_in(settings, f"{key}.readers", volume.readers)
        yield from nobody_in(settings, f"{key}.writers", volume.writers)
        if volume.readers is not None and volume.writers is None:
            yield Problem(
                f"{key}.readers",
                "is meaningless while everybody may write; name the writers too, or remove the readers",
            )


def clones_can_be_reached(settings: Settings) -> Iterator[Problem]:
    for position, volume in enumerate(settings.storage.volumes):
        if not isinstance(volume, CloneVolume) or volume.namespace is not None:
            continue
        key = f"storage.volumes.{position}.repository"
        if not settings.users.internet:
            yield Problem(
                key,
                f"{volume.host} is outside of the cluster, where servers may not go; write users.internet: true, or name a "
                "mirror in the cluster, such as http://git.forge.svc:3000/examples.git",
            )
        if volume.repository.startswith("http:"):
            yield Problem(
                key, "travels in the clear through networks of others, who could change what people run; write https://"
            )


def the_disk_holds_what_is_asked_for(settings: Settings) -> Iterator[Problem]:
    limit, home = settings.namespace.quota.storage, settings.storage.home
    if limit is None:
        return
    shared = sum(bytes_of(volume.size) for volume in settings.storage.shared)
    if shared > bytes_of(limit):
        yield Problem(
            "namespace.quota.storage",
            f"{limit} is less than the shared volumes of storage.volumes need together; raise it or shrink them",
        )
    elif isinstance(home, PerUserClaim) and shared + bytes_of(home.size) > bytes_of(limit):
        yield Problem(
            "namespace.quota.storage",
            f"{limit} is too little for one home of {home.size} beside the shared volumes; raise it",
        )


def homes_are_counted_where_they_are_claims(settings: Settings) -> Iterator[Problem]:
    key, homes = "namespace.quota.homes", settings.namespace.quota.homes
    if isinstance(settings.storage.home, PerUserClaim) and homes is None:
        yield Problem(key, "is missing, and every user's home is a claim; say how many there may be")
    if isinstance(settings.storage.home, SharedSubpath) and homes is not None:
        yield Problem(key, "counts claims, and these homes are directories of one volume; remove it")


def _mounts(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every directory that something is mounted on, by its key, the home's first."""
    yield "storage.home.mount", settings.storage.home.mount
    for position, volume in enumerate(settings.storage.volumes):
        if volume.mount is not None:
            yield f"storage.volumes.{position}.mount", volume.mount
    if settings.service_discovery is not None:
        yield "service_discovery.file", str(PurePosixPath(settings.service_discovery.file).parent)


RULES = (
    nothing_hides_the_users_environment,
    mounts_stand_side_by_side,
    volumes_are_told_apart,
    homes_are_private,
    every_shared_volume_is_used,
    shared_volumes_are_in_reach_of_every_node,
    shared_volumes_are_for_somebody,
    clones_can_be_reached,
    the_disk_holds_what_is_asked_for,
    homes_are_counted_where_they_are_claims,
)
