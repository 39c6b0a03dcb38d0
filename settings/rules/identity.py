"""Who may log in, and from where."""

from collections.abc import Iterator

from settings.exposure import Ingress
from settings.problems import Problem
from settings.root import Settings


def passwords_stay_private(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    # A tunnel is refused as a whole until it is made.
    if settings.identity.kind == "password" and isinstance(exposure, Ingress) and exposure.public:
        yield Problem(
            "identity.kind",
            f"one shared password may not guard {exposure.host}, which strangers can reach; keep the host inside of a "
            "network of your own with exposure.public: false, or choose an identity with a login of its own per person",
        )


def somebody_may_log_in(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if not identity.admins:
        yield Problem("identity.admins", "is empty, so nobody could look after the hub; name at least one user")
    for name in sorted(identity.admins & identity.users):
        yield Problem(
            "identity.users", f"{name!r} stands in identity.admins too, and admins are users already; write it once"
        )


def groups_are_of_people(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    for group, members in sorted(identity.groups.items()):
        key = f"identity.groups.{group}"
        if not members:
            yield Problem(key, "is empty, so what is for this group would be for nobody; name its members or remove it")
        for name in sorted(members - identity.users - identity.admins):
            yield Problem(key, f"names {name!r}, who may not log in; add {name} to identity.users or remove the name")


RULES = (passwords_stay_private, somebody_may_log_in, groups_are_of_people)
