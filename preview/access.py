"""Who may start what, read from what the hub is told. Pure."""

from collections.abc import Iterable, Iterator, Sequence

import pulumi_kubernetes as kubernetes
from pydantic import ValidationError

from hub.person import Person
from hub.profile_settings import Discovered, Listed, Profile
from hub.settings import SETTINGS_FILE, HubSettings, PasswordLogin
from preview.inventory import Inventory
from settings.arithmetic import in_units

Row = tuple[str, ...]

HEADING = "who may start what"
_COLUMNS: Row = ("for", "people", "profile", "at most", "image", "to choose")
_MOST_NAMES = 4


def access(inventory: Inventory) -> list[str]:
    """A table of everybody and their profiles; nothing where there is no hub."""
    return _aligned([("", row) for row in _rows(inventory)])


def changed_access(old: Inventory, new: Inventory) -> list[str]:
    """The rows of that table that were taken away or added."""
    before, after = _rows(old), _rows(new)
    gone = [("- ", row) for row in before if row not in after]
    return _aligned([*gone, *(("+ ", row) for row in after if row not in before)])


def _rows(inventory: Inventory) -> list[Row]:
    told = _told(inventory)
    if told is None:
        return []
    people, profiles = list(_people(told.login)), told.servers.profiles
    rows = [row for profile in profiles for row in _of_profile(profile, people)]
    left_out = [each for each in people if not any(each.may_have(profile.groups) for profile in profiles)]
    return [*rows, ("nobody else", _named(left_out), "none", "", "", "")] if left_out else rows


def _told(inventory: Inventory) -> HubSettings | None:
    for config in inventory.of(kubernetes.core.v1.ConfigMap):
        text = config.inputs.get("data", {}).get(SETTINGS_FILE.name)
        if isinstance(text, str):
            try:
                return HubSettings.model_validate_json(text)
            except ValidationError:
                # Another revision tells its hub other things.
                return None
    return None


def _people(login: PasswordLogin) -> Iterator[Person]:
    for name in sorted({*login.admins, *login.users}):
        yield Person(name, frozenset(group for group, members in login.groups.items() if name in members))


def _of_profile(profile: Profile, people: Sequence[Person]) -> Iterator[Row]:
    sizes = [f"{profile.cpu_limit:g} CPU", in_units(profile.memory_limit)]
    if profile.gpu:
        sizes.append(f"{profile.gpu.count} {profile.gpu.resource}")
    what = (profile.name, ", ".join(sizes), profile.image, "; ".join(_choices(profile)) or "nothing")
    for group in ["everybody"] if profile.groups is None else profile.groups:
        asked = None if profile.groups is None else (group,)
        yield (group, _named(person for person in people if person.may_have(asked)), *what)


def _choices(profile: Profile) -> Iterator[str]:
    match profile.choices:
        case Listed() as listed:
            offered: dict[str, Iterable[object]] = listed.model_dump(exclude={"kind"})
            yield from (f"{kind} {', '.join(map(str, values))}" for kind, values in offered.items() if values)
        case Discovered():
            yield "what the control API offers, up to this size"
        case None:
            pass


def _named(people: Iterable[Person]) -> str:
    names = [person.name for person in people]
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _aligned(marked: list[tuple[str, Row]]) -> list[str]:
    if not marked:
        return []
    margin = " " * len(marked[0][0])
    lines = [(margin, _COLUMNS), *marked]
    widths = [max(map(len, column)) for column in zip(*(row for _, row in lines), strict=True)]
    return [
        (mark + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()
        for mark, row in lines
    ]
