"""What a tunnel and Cloudflare Access take."""

from collections.abc import Iterator

from settings.contract import access_in_front
from settings.exposure import ThroughKeycloak, Tunnel
from settings.identity import AccessIdentity, KeycloakIdentity
from settings.problems import Problem
from settings.root import Settings
from settings.rules.exposure import NOBODY_OUTSIDE


def a_tunnel_leads_to_a_name_of_the_internet(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if isinstance(exposure, Tunnel) and NOBODY_OUTSIDE.fullmatch(exposure.host):
        yield Problem(
            "exposure.host",
            f"nobody outside can find {exposure.host}, and a tunnel is for those; write a host name of a zone at Cloudflare",
        )


def access_lets_somebody_in(settings: Settings) -> Iterator[Problem]:
    access = access_in_front(settings)
    if access is None:
        return
    allow, key = access.allow, "exposure.access.allow"
    if not (allow.domains or allow.emails or allow.groups):
        yield Problem(key, "names no person, so nobody could reach the hub; name domains, emails or groups")
    for email in sorted(allow.emails):
        if email.partition("@")[2] in allow.domains:
            yield Problem(f"{key}.emails", f"names {email}, which allow.domains lets in already; write it once")


def groups_of_the_edge_come_from_keycloak(settings: Settings) -> Iterator[Problem]:
    access = access_in_front(settings)
    if access is None:
        return
    through_keycloak = isinstance(access.login, ThroughKeycloak)
    if through_keycloak and not isinstance(settings.identity, KeycloakIdentity):
        yield Problem(
            "exposure.access.login.kind",
            "'keycloak' means the one of identity, which is another kind; write identity: {kind: keycloak}, or "
            "one_time_pin or existing here",
        )
    if access.allow.groups and not through_keycloak:
        yield Problem(
            "exposure.access.allow.groups",
            "are groups of Keycloak, and the login at the edge does not ask it; write login: {kind: keycloak}, or name "
            "domains or emails",
        )


def the_edge_lets_in_whom_the_hub_knows(settings: Settings) -> Iterator[Problem]:
    access, identity = access_in_front(settings), settings.identity
    if access is None or not isinstance(identity, AccessIdentity):
        return
    domains = access.allow.domains | {email.partition("@")[2] for email in access.allow.emails}
    for domain in sorted(domains - {identity.domain}):
        yield Problem(
            "exposure.access.allow",
            f"lets people of {domain} in, and the hub takes only those of identity.domain, {identity.domain}; remove them",
        )


RULES = (
    a_tunnel_leads_to_a_name_of_the_internet,
    access_lets_somebody_in,
    groups_of_the_edge_come_from_keycloak,
    the_edge_lets_in_whom_the_hub_knows,
)
