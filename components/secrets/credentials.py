"""Secrets: what only machines need is generated here, what people know comes in from outside. All end in Kubernetes Secrets."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component, name_of
from components.naming import FINGERPRINT_KEY, KEYCLOAK_ADMINISTRATOR, KEYCLOAK_DATABASE_PASSWORD, labels
from components.pods import keyed_fingerprint
from components.secrets.generations import Shape, generated, generation_of
from hub.settings import (
    CLIENT_SECRET,
    COOKIE_SECRET,
    CRYPT_KEY,
    DATABASE_PASSWORD,
    LOGIN_PASSWORD,
    METRICS_TOKEN,
    PROXY_TOKEN,
    service_token,
)
from settings.domain import DeclaredSecret, ExistingSecret, GeneratedSecret
from settings.identity import Identity, KeycloakIdentity, KeycloakInCluster, PasswordIdentity
from settings.roles import HubService
from settings.storage import Postgres, PostgresExternal, Sqlite

_GENERATED = GeneratedSecret(kind="generated")


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    namespace: pulumi.Input[str]
    identity: Identity
    database: Sqlite | Postgres
    monitored: bool
    services: tuple[HubService, ...]
    """What else speaks to the hub."""
    rotations: Mapping[str, int]
    """How often a generated secret was replaced, by name."""
    declared: Mapping[str, pulumi.Output[str]]
    """The secrets given from outside, by name."""


@dataclass(frozen=True)
class SecretKey:
    """Where a pod finds a secret."""

    secret: pulumi.Input[str]
    key: str
    fingerprint: pulumi.Input[str] = ""
    """Changes with the value; empty for what somebody else keeps."""
    value: pulumi.Output[str] | None = None
    """None for what somebody else keeps."""


@dataclass(frozen=True)
class KeycloakKeys:
    """What a Keycloak of ours begins with."""

    database_password: SecretKey
    administrator: SecretKey
    """Of one generation: Keycloak reads it at its very first start and never again."""


class Credentials(Component):
    cookie_secret: SecretKey
    crypt_key: SecretKey
    earlier_crypt_key: SecretKey | None
    """What was encrypted before a rotation stays readable. None before the first one."""
    proxy_token: SecretKey
    login_password: SecretKey | None
    """What people type, or what those of a new Keycloak begin with; None where others know who they are."""
    client_secret: SecretKey | None
    """What the hub shows to Keycloak; None where it asks none."""
    keycloak: KeycloakKeys | None
    """None where no Keycloak of ours runs."""
    database_password: SecretKey | None
    """None where the database is a file."""
    metrics_token: SecretKey | None
    """None where nobody watches."""
    service_tokens: Mapping[str, SecretKey]
    """By the file that holds each."""

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        [self._fingerprint_key] = generated(FINGERPRINT_KEY, Shape.KEY, 0, self.kept)
        self._secret(FINGERPRINT_KEY, {FINGERPRINT_KEY: self._fingerprint_key})
        [*_, self.cookie_secret] = self._generated(COOKIE_SECRET, Shape.KEY)
        [*earlier, self.crypt_key] = self._generated(CRYPT_KEY, Shape.KEY)
        self.earlier_crypt_key = earlier[-1] if earlier else None
        [*_, self.proxy_token] = self._generated(PROXY_TOKEN, Shape.KEY)
        self.login_password = self._login_password(args.identity)
        with_keycloak = isinstance(args.identity, KeycloakIdentity)
        self.client_secret = self._password(CLIENT_SECRET, _GENERATED) if with_keycloak else None
        self.keycloak = self._keycloak_keys(args.identity)
        self.database_password = None
        if isinstance(args.database, Postgres):
            server = args.database.server
            source = server.password if isinstance(server, PostgresExternal) else _GENERATED
            self.database_password = self._password(DATABASE_PASSWORD, source)
        self.metrics_token = self._generated(METRICS_TOKEN, Shape.KEY)[-1] if args.monitored else None
        self.service_tokens = {
            service_token(each.name): self._password(service_token(each.name), each.token) for each in args.services
        }
        self.register_outputs({})

    def _generated(self, name: str, shape: Shape) -> tuple[SecretKey, ...]:
        """Every generation, the present one last. All stay in the Secret: what still reads an earlier one is not broken."""
        values = generated(name, shape, self._args.rotations.get(name, 0), self.kept)
        return self._secret(name, {generation_of(name, number): value for number, value in enumerate(values)})

    def _login_password(self, identity: Identity) -> SecretKey | None:
        match identity:
            case PasswordIdentity():
                return self._password(LOGIN_PASSWORD, identity.password)
            case KeycloakIdentity(server=KeycloakInCluster()):
                return self._password(LOGIN_PASSWORD, _GENERATED)
            case _:
                return None

    def _keycloak_keys(self, identity: Identity) -> KeycloakKeys | None:
        if not isinstance(identity, KeycloakIdentity) or not isinstance(identity.server, KeycloakInCluster):
            return None
        [administrator] = generated(KEYCLOAK_ADMINISTRATOR, Shape.PASSWORD, 0, self.kept)
        [kept] = self._secret(KEYCLOAK_ADMINISTRATOR, {KEYCLOAK_ADMINISTRATOR: administrator})
        return KeycloakKeys(self._password(KEYCLOAK_DATABASE_PASSWORD, _GENERATED), kept)

    def _password(self, name: str, source: GeneratedSecret | DeclaredSecret | ExistingSecret) -> SecretKey:
        match source:
            case ExistingSecret():
                return SecretKey(source.name, source.key)
            case DeclaredSecret():
                [given] = self._secret(name, {name: self._args.declared[source.name]})
                return given
            case GeneratedSecret():
                return self._generated(name, Shape.PASSWORD)[-1]

    def _secret(self, name: str, values: Mapping[str, pulumi.Output[str]]) -> tuple[SecretKey, ...]:
        made = Secret(
            f"{name}-secret",
            metadata=ObjectMetaArgs(name=name, namespace=self._args.namespace, labels=labels("credentials")),
            string_data=values,
            opts=self.kept,
        )
        secret = name_of(made.metadata)
        return tuple(SecretKey(secret, key, self._shown(value), value) for key, value in values.items())

    def _shown(self, value: pulumi.Output[str]) -> pulumi.Output[str]:
        """Everybody may see it: nobody can try values without the key."""
        both = pulumi.Output.all(key=self._fingerprint_key, content=value)
        return pulumi.Output.unsecret(both.apply(lambda known: keyed_fingerprint(known["key"], known["content"])))
