"""Who may log in."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import (
    Address,
    DeclaredSecret,
    Duration,
    GroupName,
    Groups,
    Hostname,
    KubernetesName,
    Memory,
    ObjectName,
    Port,
    SecretSource,
    Section,
    Username,
    Usernames,
)
from settings.form import Form

RealmName = Annotated[
    str,
    Form(
        "the name of a realm",
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,35}",
        "use letters, digits, '-' and '_', beginning with a letter or digit, 36 at most",
        "jupyterhub",
    ),
]


class PasswordIdentity(Section):
    """Named users who share one password. For a single machine; refused wherever the public could knock."""

    kind: Literal["password"]
    password: SecretSource
    """Where the password comes from. There is no fallback."""
    admins: Usernames
    """They may also look after other people's servers. At least one."""
    users: Annotated[Usernames, Field(examples=[["bob"]])] = frozenset()
    """Everybody else who may log in."""
    groups: Annotated[dict[GroupName, Usernames], Field(examples=[{"analysts": ["bob"]}])] = {}
    """Who belongs together. What names groups elsewhere in this file is for their members alone."""

    @property
    def people(self) -> frozenset[str]:
        """Everybody who may log in."""
        return self.admins | self.users


class KeycloakInCluster(Section):
    """A Keycloak of ours beside the hub, with a database of its own. For a single machine: its port is on loopback."""

    kind: Literal["in_cluster"]
    port: Port
    """The port on this machine where browsers find it."""
    size: Memory
    """Of its database's claim."""
    storage_class: ObjectName | None = None
    """The cluster's default class when absent."""
    people: Annotated[dict[Username, Groups], Field(min_length=1, examples=[{"alice": ["users"]}])]
    """Who has an account from the first day, and in which groups. All begin with one generated password; what Keycloak's own
    pages change afterwards stays."""

    @property
    def address(self) -> str:
        """As browsers on this machine know it. It stands in every token, whoever asks for one."""
        return f"http://127.0.0.1:{self.port}"


class Administrator(Section):
    """A client of Keycloak with a service account that may manage the realm, or make it."""

    realm: RealmName = "master"
    """The realm the client belongs to."""
    client: Annotated[KubernetesName, Field(examples=["platform"])]
    """Its client id."""
    secret: DeclaredSecret
    """Its secret."""


class KeycloakExternal(Section):
    """A Keycloak somebody else keeps."""

    kind: Literal["external"]
    url: Annotated[Address, Field(examples=["https://login.example.org"])]
    """As browsers and pods reach it, without a realm."""
    administrator: Administrator
    """On whose behalf the realm's client is made and kept as it is declared."""


class MadeRealm(Section):
    """Made, and kept as it is declared: nothing is clicked in it but people and their groups."""

    kind: Literal["made"]
    name: Annotated[RealmName, Field(examples=["jupyterhub"])]
    """What Keycloak calls it."""


class ExistingRealm(Section):
    """Somebody else's, only read: ours are the client in it and what belongs to the client."""

    kind: Literal["existing"]
    name: Annotated[RealmName, Field(examples=["thinkube"])]
    """What Keycloak calls it."""


class Membership(Section):
    """Groups of the realm, at its top level."""

    users: Annotated[Groups, Field(examples=[["users"]])]
    """Whose members may log in."""
    admins: Annotated[Groups, Field(examples=[["admins"]])]
    """Whose members may log in, and look after other people's servers."""


class Sessions(Section):
    """How long a login lasts, in Keycloak and in the hub alike. Of an existing realm: what it has."""

    idle: Annotated[Duration, Field(examples=["12h"])]
    """A login nobody uses ends after so long. An open notebook uses it."""
    longest: Annotated[Duration, Field(examples=["7d"])]
    """Every login ends after so long."""


class KeycloakIdentity(Section):
    """People of a Keycloak realm. What names groups elsewhere in this file means groups of the realm."""

    kind: Literal["keycloak"]
    server: Annotated[KeycloakInCluster | KeycloakExternal, Field(discriminator="kind")]
    """Whose Keycloak it is."""
    realm: Annotated[MadeRealm | ExistingRealm, Field(discriminator="kind")]
    """Where the people are."""
    groups: Membership
    """Who may log in, and who is an admin. Who leaves the group is out within five minutes."""
    sessions: Sessions
    """How long a login lasts."""
    grace: Annotated[Duration, Field(examples=["30m"])]
    """How long those who are logged in keep what they have while Keycloak does not answer."""


class AccessIdentity(Section):
    """Whoever Cloudflare Access lets in: the verified address, up to the '@', is the user name."""

    kind: Literal["cloudflare_access"]
    domain: Annotated[Hostname, Field(examples=["example.org"])]
    """What every address ends in; another address is refused, so that no two people share a name."""
    admins: Usernames
    """They may also look after other people's servers. At least one."""
    groups: Annotated[dict[GroupName, Usernames], Field(examples=[{"analysts": ["bob"]}])] = {}
    """Who belongs together. What names groups elsewhere in this file is for their members alone."""


Identity = Annotated[PasswordIdentity | KeycloakIdentity | AccessIdentity, Field(discriminator="kind")]
