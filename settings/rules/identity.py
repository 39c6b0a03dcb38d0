"""Who may log in, and from where."""

from collections.abc import Iterator

from settings.exposure import Ingress, PortForward, Tunnel
from settings.identity import (
    AccessIdentity,
    ExistingRealm,
    KeycloakExternal,
    KeycloakIdentity,
    KeycloakInCluster,
    PasswordIdentity,
)
from settings.problems import Problem
from settings.root import Settings

_THEIR_OWN = "master"
"""The realm Keycloak itself is administered in."""


def passwords_stay_private(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if not isinstance(settings.identity, PasswordIdentity):
        return
    if isinstance(exposure, Ingress) and exposure.public:
        yield Problem(
            "identity.kind",
            f"one shared password may not guard {exposure.host}, which strangers can reach; keep the host inside of a "
            "network of your own with exposure.public: false, or choose an identity with a login of its own per person",
        )
    if isinstance(exposure, Tunnel) and exposure.access is None:
        yield Problem(
            "identity.kind",
            f"one shared password may not guard {exposure.host}, which strangers can reach; put Cloudflare Access in "
            "front with exposure.access, or choose an identity with a login of its own per person",
        )


def somebody_may_log_in(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if isinstance(identity, KeycloakIdentity):
        return
    if not identity.admins:
        yield Problem("identity.admins", "is empty, so nobody could look after the hub; name at least one user")
    if isinstance(identity, PasswordIdentity):
        for name in sorted(identity.admins & identity.users):
            yield Problem(
                "identity.users", f"{name!r} stands in identity.admins too, and admins are users already; write it once"
            )


def groups_are_of_people(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if isinstance(identity, KeycloakIdentity):
        return
    for group, members in sorted(identity.groups.items()):
        key = f"identity.groups.{group}"
        if not members:
            yield Problem(key, "is empty, so what is for this group would be for nobody; name its members or remove it")
        if isinstance(identity, PasswordIdentity):
            for name in sorted(members - identity.people):
                yield Problem(
                    key, f"names {name!r}, who may not log in; add {name} to identity.users or remove the name"
                )


def a_keycloak_of_ours_is_for_one_machine(settings: Settings) -> Iterator[Problem]:
    identity, exposure = settings.identity, settings.exposure
    if not isinstance(identity, KeycloakIdentity) or not isinstance(identity.server, KeycloakInCluster):
        return
    key = "identity.server"
    if not isinstance(exposure, PortForward):
        yield Problem(
            f"{key}.kind",
            "'in_cluster' is reached through a port of this machine, and the hub is not; write {kind: external} with the "
            "address of a Keycloak that browsers find, or expose the hub with port_forward",
        )
    elif identity.server.port == exposure.port:
        yield Problem(f"{key}.port", "is exposure.port too, and one port leads to one place; choose another one")
    if isinstance(identity.realm, ExistingRealm):
        yield Problem(
            "identity.realm.kind", "'existing' cannot be in a Keycloak that the stack itself makes; write kind: made"
        )
    if not any(groups & identity.groups.admins for groups in identity.server.people.values()):
        admins = " or ".join(sorted(identity.groups.admins))
        yield Problem(f"{key}.people", f"names nobody in {admins}, so nobody could look after the hub; add an admin")


def a_keycloak_elsewhere_is_reached_in_private(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if not isinstance(identity, KeycloakIdentity) or not isinstance(identity.server, KeycloakExternal):
        return
    if identity.server.url.startswith("http:") and settings.cluster.kind != "lab":
        yield Problem(
            "identity.server.url", "is plain http, so that passwords and tokens travel in the clear; write https"
        )


def a_realm_is_not_keycloaks_own(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if isinstance(identity, KeycloakIdentity) and identity.realm.name == _THEIR_OWN:
        yield Problem(
            "identity.realm.name",
            f"{_THEIR_OWN!r} is where Keycloak's own administrators are, and who manages it manages every realm; choose "
            "another realm",
        )


def nobody_is_user_and_admin_alike(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if isinstance(identity, KeycloakIdentity):
        for group in sorted(identity.groups.users & identity.groups.admins):
            yield Problem(
                "identity.groups.users",
                f"{group!r} stands in identity.groups.admins too, so every user would be an admin; write it once",
            )


def access_vouches_where_it_stands_in_front(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if not isinstance(settings.identity, AccessIdentity):
        return
    if not isinstance(exposure, Tunnel) or exposure.access is None:
        yield Problem(
            "identity.kind",
            "'cloudflare_access' believes what Cloudflare Access says, and it does not stand in front; write exposure: "
            "{kind: tunnel} with a section access, or choose another identity",
        )


RULES = (
    passwords_stay_private,
    somebody_may_log_in,
    groups_are_of_people,
    a_keycloak_of_ours_is_for_one_machine,
    a_keycloak_elsewhere_is_reached_in_private,
    a_realm_is_not_keycloaks_own,
    nobody_is_user_and_admin_alike,
    access_vouches_where_it_stands_in_front,
)
