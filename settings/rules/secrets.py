"""Where secrets come from, and where they must not stand."""

import re
from collections.abc import Iterator
from typing import cast

from settings.checks import sounds_secret
from settings.domain import DeclaredSecret, GeneratedSecret, SecretSource
from settings.problems import Problem
from settings.root import Settings
from settings.services import Generic

_PASSWORD_IN_URL = re.compile(r"://[^/?#\s:@]*:[^/?#\s@]+@")
_NAME_OF_THE_SETTINGS = "settings"


def secrets_are_told_apart(settings: Settings) -> Iterator[Problem]:
    seen: dict[SecretSource, str] = {}
    for key, source in settings.secret_sources.items():
        if isinstance(source, GeneratedSecret):
            continue
        if source in seen:
            yield Problem(
                f"{key}.name",
                f"is what {seen[source]} names too, so who knows one knows both; give each a secret of its own",
            )
        if isinstance(source, DeclaredSecret) and source.name == _NAME_OF_THE_SETTINGS:
            yield Problem(f"{key}.name", "is where the settings themselves stand; choose another name")
        seen[source] = key


def only_what_is_generated_is_rotated(settings: Settings) -> Iterator[Problem]:
    there = ", ".join(settings.generated_secrets)
    for name in settings.rotations:
        if name not in settings.generated_secrets:
            yield Problem(
                f"rotations.{name}",
                f"is no secret that this stack generates; remove it, those it generates are {there}",
            )


def secrets_stay_outside(settings: Settings) -> Iterator[Problem]:
    """What the stack file says ends in a ConfigMap and in this repository, for many to read."""
    yield from _secrets_below("users.environment", settings.users.environment)
    yield from _secrets_below("hub.environment", settings.hub.environment)
    yield from _secrets_below("hub.traits", settings.hub.traits)
    for place, service in enumerate(settings.services):
        if isinstance(service, Generic):
            yield from _secrets_below(f"services.{place}.environment", service.environment)


def _secrets_below(key: str, value: object) -> Iterator[Problem]:
    if isinstance(value, dict):
        for name, part in cast("dict[str, object]", value).items():
            here = f"{key}.{name}"
            if sounds_secret(name) and part and (isinstance(part, str) or name.endswith("tokens")):
                yield Problem(
                    here, "sounds like a secret, and a stack file is no place for one; remove it and give it a file"
                )
            else:
                yield from _secrets_below(here, part)
    elif isinstance(value, list):
        for position, part in enumerate(cast("list[object]", value)):
            yield from _secrets_below(f"{key}.{position}", part)
    elif isinstance(value, str) and _PASSWORD_IN_URL.search(value):
        yield Problem(key, "holds a password inside of an address; write the address without it")


RULES = (secrets_are_told_apart, only_what_is_generated_is_rotated, secrets_stay_outside)
