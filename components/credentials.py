"""Secrets: what only machines need is generated here, what people know comes in from outside. All end in Kubernetes Secrets."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from components.base import Component, name_of
from components.naming import labels
from components.pods import fingerprint
from hub.settings import (
    COOKIE_SECRET,
    CRYPT_KEY,
    DATABASE_PASSWORD,
    LOGIN_PASSWORD,
    METRICS_TOKEN,
    PROXY_TOKEN,
    service_token,
)
from settings.domain import DeclaredSecret, ExistingSecret, GeneratedSecret
from settings.identity import Identity
from settings.roles import HubService
from settings.storage import Postgres, PostgresExternal, Sqlite

_KEY_LENGTH = 64
_PASSWORD_LENGTH = 24


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    namespace: pulumi.Input[str]
    identity: Identity
    database: Sqlite | Postgres
    monitored: bool
    services: tuple[HubService, ...]
    """What else speaks to the hub."""
    declared: Mapping[str, pulumi.Output[str]]
    """The secrets given from outside, by name."""


@dataclass(frozen=True)
class SecretKey:
    """Where a pod finds a secret."""

    secret: pulumi.Input[str]
    key: str
    fingerprint: pulumi.Input[str]
    """Changes with a generated value; empty for what people chose, which a fingerprint would help to guess."""


class Credentials(Component):
    cookie_secret: SecretKey
    crypt_key: SecretKey
    proxy_token: SecretKey
    login_password: SecretKey
    database_password: SecretKey | None
    """None where the database is a file."""
    metrics_token: SecretKey | None
    """None where nobody watches."""
    service_tokens: Mapping[str, SecretKey]
    """By the file that holds each."""

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        self.cookie_secret = self._generated_key(COOKIE_SECRET)
        self.crypt_key = self._generated_key(CRYPT_KEY)
        self.proxy_token = self._generated_key(PROXY_TOKEN)
        self.login_password = self._password(LOGIN_PASSWORD, args.identity.password)
        self.database_password = None
        if isinstance(args.database, Postgres):
            server = args.database.server
            source = server.password if isinstance(server, PostgresExternal) else GeneratedSecret(kind="generated")
            self.database_password = self._password(DATABASE_PASSWORD, source)
        self.metrics_token = self._generated_key(METRICS_TOKEN) if args.monitored else None
        self.service_tokens = {
            service_token(each.name): self._password(service_token(each.name), each.token) for each in args.services
        }
        self.register_outputs({})

    def _generated_key(self, name: str) -> SecretKey:
        # Digits are hexadecimal too, as keys have to be. RandomBytes would show its value in the engine's state, as its id.
        made = RandomPassword(name, length=_KEY_LENGTH, special=False, upper=False, lower=False, opts=self.kept)
        value = made.result
        return self._secret(name, value, _shown(value))

    def _password(self, name: str, source: GeneratedSecret | DeclaredSecret | ExistingSecret) -> SecretKey:
        match source:
            case ExistingSecret():
                return SecretKey(source.name, source.key, "")
            case DeclaredSecret():
                return self._secret(name, self._args.declared[source.name])
            case GeneratedSecret():
                made = RandomPassword(name, length=_PASSWORD_LENGTH, special=False, opts=self.kept).result
                return self._secret(name, made, _shown(made))

    def _secret(self, name: str, value: pulumi.Output[str], shown: pulumi.Input[str] = "") -> SecretKey:
        made = Secret(
            f"{name}-secret",
            metadata=ObjectMetaArgs(name=name, namespace=self._args.namespace, labels=labels("credentials")),
            string_data={name: value},
            opts=self.kept,
        )
        return SecretKey(name_of(made.metadata), name, shown)


def _shown(value: pulumi.Output[str]) -> pulumi.Output[str]:
    """Nobody can guess a generated value, so everybody may see its fingerprint."""
    return pulumi.Output.unsecret(value.apply(fingerprint))
