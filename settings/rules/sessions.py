"""Logins last in an order that never leaves an open notebook with nobody logged in to it."""

from collections.abc import Iterator

from settings.arithmetic import in_time
from settings.contract import REFRESH_AGE, access_in_front
from settings.exposure import Access
from settings.identity import AccessIdentity, KeycloakIdentity
from settings.problems import Problem
from settings.root import Settings

_LEAST = 2 * REFRESH_AGE
_MONTH = 730 * 3600
"""The longest session that Cloudflare Access knows."""


def logins_outlive_servers_nobody_uses(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if not isinstance(identity, KeycloakIdentity):
        return
    idle = identity.sessions.idle
    if idle < _LEAST:
        yield Problem(
            "identity.sessions.idle",
            f"ends logins after {in_time(idle)}, and the hub looks only every {in_time(REFRESH_AGE)}; write at least "
            f"{in_time(_LEAST)}",
        )
        return
    for key, wait in _cullers(settings):
        if idle < wait:
            yield Problem(
                "identity.sessions.idle",
                f"ends logins after {in_time(idle)}, and servers nobody uses run for {in_time(wait)} ({key}), so that an open "
                f"notebook would have nobody logged in to it; write at least {in_time(wait)}, or stop servers sooner",
            )


def _cullers(settings: Settings) -> Iterator[tuple[str, int]]:
    if settings.culler is not None:
        yield "culler.idle", settings.culler.idle
    for position, profile in enumerate(settings.users.profiles):
        if profile.culler is not None and profile.culler.idle is not None:
            yield f"users.profiles.{position}.culler.idle", profile.culler.idle


def the_longest_login_is_the_longest(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if not isinstance(identity, KeycloakIdentity):
        return
    sessions = identity.sessions
    if sessions.longest < sessions.idle:
        yield Problem(
            "identity.sessions.longest",
            f"is {in_time(sessions.longest)}, less than identity.sessions.idle; write at least {in_time(sessions.idle)}",
        )
    if identity.grace > sessions.idle:
        yield Problem(
            "identity.grace",
            f"forgives a silent Keycloak for {in_time(identity.grace)}, longer than a login may be idle; write at most "
            f"{in_time(sessions.idle)}",
        )
    if identity.grace < REFRESH_AGE:
        yield Problem(
            "identity.grace",
            f"is {in_time(identity.grace)}, and the hub asks only every {in_time(REFRESH_AGE)}; write at least "
            f"{in_time(REFRESH_AGE)}",
        )


def the_edge_lets_go_last(settings: Settings) -> Iterator[Problem]:
    access = access_in_front(settings)
    if access is None:
        return
    needed = _longest_below(settings, access)
    if access.session < needed:
        yield Problem(
            "exposure.access.session",
            f"ends logins at the edge after {in_time(access.session)}, before those of the hub, so that an open notebook is "
            f"answered with a redirect it cannot follow; write at least {in_time(needed)}",
        )
    if access.session > _MONTH:
        yield Problem("exposure.access.session", f"is longer than Cloudflare allows; write at most {in_time(_MONTH)}")


def _longest_below(settings: Settings, access: Access) -> int:
    match settings.identity:
        case KeycloakIdentity(sessions=sessions):
            return sessions.longest
        case AccessIdentity() if settings.culler is not None:
            return settings.culler.idle
        case _:
            return access.session


RULES = (logins_outlive_servers_nobody_uses, the_longest_login_is_the_longest, the_edge_lets_go_last)
