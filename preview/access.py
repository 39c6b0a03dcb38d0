"""Who may start what, read from what the hub is told. Pure."""

from collections.abc import Iterable, Iterator, Sequence

import pulumi_kubernetes as kubernetes
from pydantic import ValidationError

from hub.person import Person
from hub.profile_settings import Discovered, Listed, Profile
from hub.settings import SETTINGS_FILE, AccessLogin, HubSettings, KeycloakLogin, Login, PasswordLogin
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
    profiles, login = told.servers.profiles, told.login
    rows = [row for profile in profiles for row in _of_profile(profile, login)]
    left_out = _without_any(profiles, login)
    return [*rows, ("nobody else", left_out, "none", "", "", "")] if left_out else rows


def _without_any(profiles: Sequence[Profile], login: Login) -> str:
    """Who may log in and start nothing."""
    if not isinstance(login, PasswordLogin):
        return "" if any(profile.groups is None for profile in profiles) else _members(None, login)
    return _named(each for each in _people(login) if not any(each.may_have(profile.groups) for profile in profiles))


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


def _members(group: str | None, login: Login) -> str:
    """Whom a name stands for: people where the stack file says who they are, groups where Keycloak does."""
    match login:
        case PasswordLogin():
            return _named(person for person in _people(login) if person.may_have(None if group is None else (group,)))
        case KeycloakLogin():
            groups = [*login.user_groups, *login.admin_groups] if group is None else [group]
            return f"Keycloak's {', '.join(dict.fromkeys(groups))}"
        case AccessLogin():
            return f"whoever Access lets in @{login.domain}" if group is None else _names(login.groups.get(group, ()))


def _people(login: PasswordLogin) -> Iterator[Person]:
    for name in sorted({*login.admins, *login.users}):
        yield Person(name, frozenset(group for group, members in login.groups.items() if name in members))


def _of_profile(profile: Profile, login: Login) -> Iterator[Row]:
    sizes = [f"{profile.cpu_limit:g} CPU", in_units(profile.memory_limit)]
    if profile.gpu:
        sizes.append(f"{profile.gpu.count} {profile.gpu.resource}")
    what = (profile.name, ", ".join(sizes), profile.image, "; ".join(_choices(profile)) or "nothing")
    if profile.groups is None:
        yield ("everybody", _members(None, login), *what)
    for group in profile.groups or ():
        yield (group, _members(group, login), *what)


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
    return _names([person.name for person in people])


def _names(names: Sequence[str]) -> str:
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
