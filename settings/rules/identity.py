"""Who may log in, and from where."""

from collections.abc import Iterator

from settings.exposure import PortForward
from settings.problems import Problem
from settings.root import Settings


def passwords_stay_private(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if settings.identity.kind == "password" and not isinstance(exposure, PortForward):
        yield Problem(
            "identity.kind",
            f"one shared password may not guard {exposure.host}, which strangers can reach; write exposure.kind: "
            "port_forward, or choose an identity with a login of its own per person",
        )


def somebody_may_log_in(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if not identity.admins:
        yield Problem("identity.admins", "is empty, so nobody could look after the hub; name at least one user")
    for name in sorted(identity.admins & identity.users):
        yield Problem(
            "identity.users", f"{name!r} stands in identity.admins too, and admins are users already; write it once"
        )


RULES = (passwords_stay_private, somebody_may_log_in)
