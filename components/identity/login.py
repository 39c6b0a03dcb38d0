"""The realm that says who somebody is, where a stack asks a Keycloak: in a server of ours, or in somebody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.identity.keycloak_server import ADMINISTRATOR, KeycloakServer
from components.secrets.credentials import Credentials
from settings import Settings
from settings.contract import contract
from settings.identity import KeycloakIdentity, KeycloakInCluster

if TYPE_CHECKING:
    from components.identity.realm import Realm

WITHOUT_REALM = "without-realm"
"""Configured for a run that only makes values: the engine makes every provider, whatever it is told to leave out, and the one of
a Keycloak of ours needs the server first."""


@dataclass(frozen=True, kw_only=True)
class LoginArgs:
    settings: Settings
    credentials: Credentials
    server: KeycloakServer | None
    """None where somebody else keeps it, or no Keycloak is asked."""
    declared: Mapping[str, pulumi.Output[str]]
    """The secrets given from outside, by name."""


def login(args: LoginArgs, opts: pulumi.ResourceOptions) -> "Realm | None":
    """None where no Keycloak is asked."""
    identity, agreed, keys = args.settings.identity, contract(args.settings), args.credentials
    if pulumi.Config().get_bool(WITHOUT_REALM):
        return None
    if not isinstance(identity, KeycloakIdentity) or agreed is None or keys.client_secret is None:
        return None
    # The package of the provider takes a second to import, which no other stack should pay for.
    from components.identity.realm import Administrator, Realm, RealmArgs  # noqa: PLC0415

    match identity.server:
        case KeycloakInCluster(people=people) if args.server and keys.keycloak and keys.login_password:
            administrator = Administrator(
                url=args.server.url,
                realm="master",
                client=ADMINISTRATOR,
                secret=_known(keys.keycloak.administrator.value),
            )
            password, server = _known(keys.login_password.value), args.server.workload
        case KeycloakInCluster():
            raise AssertionError("a Keycloak of ours has its server and its keys")
        case theirs:
            who = theirs.administrator
            administrator = Administrator(
                url=theirs.url, realm=who.realm, client=who.client, secret=args.declared[who.secret.name]
            )
            people, password, server = {}, None, None
    return Realm(
        "realm",
        RealmArgs(
            contract=agreed,
            administrator=administrator,
            client_secret=_known(keys.client_secret.value),
            people=people,
            initial_password=password,
            rotations=args.settings.rotations,
            server=server,
        ),
        opts,
    )


def _known(value: pulumi.Output[str] | None) -> pulumi.Output[str]:
    if value is None:
        raise AssertionError("what is generated here is known here")
    return value
