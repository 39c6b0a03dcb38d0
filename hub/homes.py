"""Which claim is a user's home. Decided from what the cluster holds, never from a name alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

USERNAME = "hub.jupyter.org/username"
SERVERNAME = "hub.jupyter.org/servername"
RETIRED = "retired"
"""What an administrator writes as the name of the user on a claim that is nobody's home any more."""

Claim = Mapping[str, Any]
"""A PersistentVolumeClaim as the API answers it."""


@dataclass(frozen=True)
class Owner:
    user: str
    server: str
    """Empty for a user's default server."""


@dataclass(frozen=True)
class Existing:
    """The user's files are here."""

    name: str


@dataclass(frozen=True)
class New:
    """The user has no home yet."""

    name: str


@dataclass(frozen=True)
class Refused:
    """No home can be attached without guessing."""

    to_user: str
    to_admin: str


def choose_home(
    owner: Owner, claims: Iterable[Claim], names: tuple[str, ...], remembered: str | None
) -> Existing | New | Refused:
    """Find the home of one server.

    `names` are what the claim may be called when nothing says whose it is, the name of a new one first:
    the present scheme and those of older hubs. `remembered` is the claim this hub attached last.
    """
    by_name = {str(claim["metadata"]["name"]): claim for claim in claims}
    if remembered in by_name and owner_of(by_name[remembered]) in {owner, None}:
        candidates = [remembered]
    else:
        candidates = sorted(name for name, claim in by_name.items() if _belongs(name, claim, owner, names))
    match candidates:
        case []:
            return _new(names[0], by_name)
        case [name]:
            return _existing(name, by_name[name])
        case _:
            return _ambiguous(owner, candidates)


def owner_of(claim: Claim) -> Owner | None:
    """Whose home a claim is, by the annotations every KubeSpawner writes; None when it does not say."""
    annotations: Mapping[str, str] = claim["metadata"].get("annotations") or {}
    user = annotations.get(USERNAME)
    return None if user is None else Owner(user, annotations.get(SERVERNAME, ""))


def _belongs(name: str, claim: Claim, owner: Owner, names: tuple[str, ...]) -> bool:
    said = owner_of(claim)
    return name in names if said is None else said == owner


def _new(name: str, by_name: Mapping[str, Claim]) -> New | Refused:
    if name not in by_name:
        return New(name)
    return Refused(
        "Your server was not started: the name of your home is taken by somebody else's. Tell an administrator.",
        f"the claim {name} says it is {owner_of(by_name[name])}'s; rename one of the two users",
    )


def _existing(name: str, claim: Claim) -> Existing | Refused:
    if "deletionTimestamp" not in claim["metadata"]:
        return Existing(name)
    return Refused(
        "Your server was not started: your home is being deleted. Tell an administrator.",
        f"the claim {name} is being deleted; let that finish, or keep its volume and make the claim anew",
    )


def _ambiguous(owner: Owner, candidates: list[str]) -> Refused:
    return Refused(
        f"Your server was not started: there are {len(candidates)} homes of yours ({', '.join(candidates)}), and none is chosen by "
        "guessing. Tell an administrator.",
        f"{owner.user} has more than one home: {', '.join(candidates)}; look into them and set the annotation "
        f"{USERNAME}={RETIRED} on those that are not to be used",
    )
