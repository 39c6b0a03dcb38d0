"""What a person's server mounts, and what is made ready in it before the server starts. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from kubespawner.slugs import escape_slug

from hub.furnish import Manifest, PodParts
from hub.person import Person
from hub.settings import UserServers
from hub.volume_settings import ClaimHome, CloneVolume, ScratchVolume, SharedVolume, SubpathHome, Volume

HOME = "home"
"""The name of the home among the volumes of a pod."""
CLONED = "repository"
"""The directory of a clone's volume that holds it. It is the user's own, which git insists on; the volume's root is not."""
_LONGEST_DIRECTORY = 200
_PATIENCE = 60
"""Seconds a clone may take, or less where servers have to start sooner."""


def volume_parts(servers: UserServers, person: Person) -> PodParts:
    """The home where it is no claim of the user's own, and every volume that is for this person."""
    home = servers.home
    mine = [volume for volume in servers.volumes if not isinstance(volume, SharedVolume) or _reads(volume, person)]
    own = [{"name": HOME, "persistentVolumeClaim": {"claimName": home.claim}}] if isinstance(home, SubpathHome) else []
    return PodParts(
        volumes=(*own, *map(_volume, mine)),
        mounts=(*([_home(servers, person)] if own else []), *(_mount(volume, person) for volume in mine)),
        init_containers=tuple(_clones(servers, [volume for volume in mine if isinstance(volume, CloneVolume)])),
    )


def home_made_ready(servers: UserServers, person: Person, mounts: Iterable[Manifest]) -> PodParts:
    """Directories in the home that others are mounted on: made by anybody but the user they would be root's."""
    home = PurePosixPath(servers.home.mount)
    places = (PurePosixPath(mount["mountPath"]) for mount in mounts)
    inside = sorted(str(place) for place in places if place != home and place.is_relative_to(home))
    if servers.workspace_image is None or (not inside and isinstance(servers.home, ClaimHome)):
        return PodParts()
    words = ["workspace.home", servers.home.mount, *inside]
    return PodParts(init_containers=(_container(servers, "prepare-home", words, _home(servers, person)),))


def directory_of(user: str) -> str:
    """Where a user's files are in a volume of many: never the same for two, and never a way out of it.

    Every character but letters and digits is written as its number, which a longer name has no room for: its hash has.
    """
    written = escape_slug(user)
    if len(written) <= _LONGEST_DIRECTORY:
        return written
    return f"{written[:100]}--{hashlib.sha256(user.encode()).hexdigest()}"


def _reads(volume: SharedVolume, person: Person) -> bool:
    return person.may_have(volume.readers) or _writes(volume, person)


def _writes(volume: SharedVolume, person: Person) -> bool:
    return person.may_have(volume.writers)


def _home(servers: UserServers, person: Person) -> Manifest:
    whole = {"name": HOME, "mountPath": servers.home.mount}
    return whole | {"subPath": directory_of(person.name)} if isinstance(servers.home, SubpathHome) else whole


def _volume(volume: Volume) -> Manifest:
    if isinstance(volume, SharedVolume):
        return {"name": _name(volume), "persistentVolumeClaim": {"claimName": volume.claim}}
    return {"name": _name(volume), "emptyDir": {"sizeLimit": volume.size}}


def _mount(volume: Volume, person: Person) -> Manifest:
    place = {"name": _name(volume), "mountPath": volume.mount}
    match volume:
        case SharedVolume():
            return place | {"readOnly": not _writes(volume, person)}
        case CloneVolume():
            return place | {"subPath": CLONED}
        case ScratchVolume():
            return place


def _name(volume: Volume) -> str:
    return f"volume-{volume.name}"


def _clones(servers: UserServers, clones: Sequence[CloneVolume]) -> Iterator[Manifest]:
    for volume in clones:
        seconds = min(_PATIENCE, servers.start_timeout // (2 * len(clones)))
        words = ["workspace.clone", volume.repository, f"/clone/{CLONED}", str(max(seconds, 1))]
        yield _container(servers, f"clone-{volume.name}", words, {"name": _name(volume), "mountPath": "/clone"})


def _container(servers: UserServers, name: str, words: list[str], mount: Manifest) -> Manifest:
    return {
        "name": name,
        "image": servers.workspace_image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-m", *words],
        "volumeMounts": [mount],
        # What it said last is what whoever waits for the server is told.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
