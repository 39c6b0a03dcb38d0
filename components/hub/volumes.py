"""From the storage section of the stack file to what the hub mounts. Pure."""

from collections.abc import Iterable, Iterator

from components.naming import claim_of
from hub.volume_settings import ClaimHome, CloneVolume, ScratchVolume, SharedVolume, SubpathHome
from settings import storage


def home_of(section: storage.PerUserClaim | storage.SharedSubpath) -> ClaimHome | SubpathHome:
    if isinstance(section, storage.PerUserClaim):
        return ClaimHome(size=section.size, storage_class=section.storage_class, mount=section.mount)
    return SubpathHome(claim=claim_of(section.volume), mount=section.mount)


def volumes_of(
    sections: Iterable[storage.SharedVolume | storage.ScratchVolume | storage.CloneVolume],
) -> Iterator[SharedVolume | ScratchVolume | CloneVolume]:
    """Those that servers mount as they are; a volume that only holds homes is none of them."""
    for section in sections:
        match section:
            case storage.SharedVolume(mount=str(mount)):
                yield SharedVolume(
                    name=section.name,
                    claim=claim_of(section.name),
                    mount=mount,
                    readers=_names(section.readers),
                    writers=_names(section.writers),
                )
            case storage.SharedVolume():
                pass
            case storage.ScratchVolume():
                yield ScratchVolume(name=section.name, size=section.size, mount=section.mount)
            case storage.CloneVolume():
                yield CloneVolume(
                    name=section.name, repository=section.repository, size=section.size, mount=section.mount
                )


def _names(groups: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if groups is None else tuple(sorted(groups))
