"""Services and roles of the hub."""

from collections.abc import Iterable, Iterator

from settings.identity import PasswordIdentity
from settings.problems import Problem
from settings.roles import HubRole
from settings.root import Settings
from settings.rules.groups import nobody_in

_OURS = frozenset({"admin", "user", "server", "token", "idle-culler", "prometheus"})
_ADMINISTRATORS = frozenset({"inherit", "self", "admin-ui", "tokens", "proxy", "shutdown"})
"""Who may make tokens for others is whoever they are; who may change routes or end the hub rules over everybody."""


def services_and_roles_are_told_apart(settings: Settings) -> Iterator[Problem]:
    seen = set(_OURS)
    for key, name in _named(settings):
        if name in seen:
            yield Problem(f"{key}.name", f"{name!r} is taken, by the hub or by another entry; choose another name")
        seen.add(name)


def nobody_rules_by_accident(settings: Settings) -> Iterator[Problem]:
    entries = [*enumerate(settings.hub.services), *enumerate(settings.hub.roles)]
    for position, entry in entries:
        key = f"hub.{'roles' if isinstance(entry, HubRole) else 'services'}.{position}.scopes"
        for scope in entry.scopes:
            base = scope.partition("!")[0]
            if base in _ADMINISTRATORS or base.startswith("admin:"):
                yield Problem(
                    key, f"{scope!r} is what administrators may; choose less, or make the person an admin in identity"
                )


def roles_are_for_somebody(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    services = {service.name for service in settings.hub.services}
    for position, role in enumerate(settings.hub.roles):
        key = f"hub.roles.{position}"
        if not (role.users or role.groups or role.services):
            yield Problem(key, "is nobody's; name users, groups or services, or remove it")
        if isinstance(identity, PasswordIdentity):
            strangers = role.users - identity.people
            yield from _unknown(f"{key}.users", strangers, "may not log in; add it to identity.users")
        yield from _unknown(f"{key}.services", role.services - services, "is no service; add it to hub.services")
        yield from nobody_in(settings, f"{key}.groups", role.groups)


def _unknown(key: str, names: Iterable[str], complaint: str) -> Iterator[Problem]:
    for name in sorted(names):
        yield Problem(key, f"names {name!r}, which {complaint}")


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    for position, service in enumerate(settings.hub.services):
        yield f"hub.services.{position}", service.name
    for position, role in enumerate(settings.hub.roles):
        yield f"hub.roles.{position}", role.name


RULES = (services_and_roles_are_told_apart, nobody_rules_by_accident, roles_are_for_somebody)
