"""Secrets, read from the files Kubernetes mounts. There is no fallback: a missing one stops the hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.settings import (
    CLIENT_SECRET,
    COOKIE_SECRET,
    CRYPT_KEY,
    DATABASE_PASSWORD,
    EARLIER_CRYPT_KEY,
    METRICS_TOKEN,
    PROXY_TOKEN,
    HubSettings,
    KeycloakLogin,
    PostgresDatabase,
    service_token,
)

KEY_BYTES = 32


class SecretError(Exception):
    """A secret that is not there or cannot be used."""


@dataclass(frozen=True, repr=False)
class Secrets:
    cookie_secret: bytes
    crypt_keys: tuple[bytes, ...]
    """The first one encrypts, all of them decrypt."""
    proxy_token: str
    database_password: str | None
    metrics_token: str | None
    client_secret: str | None
    """What the hub shows to Keycloak."""
    service_tokens: Mapping[str, str]
    """What each service shows to the hub, by its name."""


def read_secret(file: Path) -> str:
    """The text of one secret file."""
    try:
        text = file.read_text().strip()
    except OSError as error:
        raise SecretError(
            f"{file}: {error.strerror}; mount the Secret that holds {file.name!r} at {file.parent}"
        ) from error
    if not text:
        raise SecretError(f"{file} is empty; give the Secret's key {file.name!r} a value")
    return text


def read_secrets(settings: HubSettings, directory: Path) -> Secrets:
    """Everything the hub needs to start; the login password is read at each login instead."""
    with_password = isinstance(settings.database, PostgresDatabase)
    return Secrets(
        cookie_secret=_key(directory / COOKIE_SECRET, read_secret(directory / COOKIE_SECRET)),
        crypt_keys=tuple(_key(file, read_secret(file)) for file in _crypt_keys(directory)),
        proxy_token=read_secret(directory / PROXY_TOKEN),
        database_password=read_secret(directory / DATABASE_PASSWORD) if with_password else None,
        metrics_token=read_secret(directory / METRICS_TOKEN) if settings.monitored else None,
        client_secret=read_secret(directory / CLIENT_SECRET) if isinstance(settings.login, KeycloakLogin) else None,
        service_tokens={each.name: read_secret(directory / service_token(each.name)) for each in settings.services},
    )


def _crypt_keys(directory: Path) -> list[Path]:
    """The present one, and after a rotation the one before it."""
    earlier = directory / EARLIER_CRYPT_KEY
    return [directory / CRYPT_KEY, *([earlier] if earlier.exists() else [])]


def _key(file: Path, text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SecretError(f"{file} is not a key; write {KEY_BYTES} bytes as {2 * KEY_BYTES} hexadecimal digits")
    return key
