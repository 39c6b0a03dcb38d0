"""What a single key cannot know: combinations that make no sense or do harm, each refused with its reason."""

import re
from collections.abc import Callable, Iterator
from typing import cast

from settings.checks import sounds_secret
from settings.domain import DeclaredSecret, GeneratedSecret, Resources, SecretSource, bytes_of, millicores_of
from settings.exposure import PortForward
from settings.problems import Problem
from settings.root import Settings


def problems_with(settings: Settings) -> list[Problem]:
    return [problem for rule in RULES for problem in rule(settings)]


def one_hub_and_one_proxy(settings: Settings) -> Iterator[Problem]:
    if settings.hub.replicas > 1:
        yield Problem(
            "hub.replicas",
            "two hubs on one database corrupt its records and delete each other's routes; write 1 or leave the key out",
        )
    if settings.proxy.replicas > 1:
        yield Problem(
            "proxy.replicas",
            "the hub tells its routes to one proxy only, so a second one would answer 404; write 1 or leave the key out",
        )


def passwords_stay_private(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if settings.identity.kind == "password" and not isinstance(exposure, PortForward):
        yield Problem(
            "identity.kind",
            f"one shared password may not guard {exposure.host}, which strangers can reach; write exposure.kind: "
            "port_forward, or choose an identity with a login of its own per person",
        )


def limits_hold_guarantees(settings: Settings) -> Iterator[Problem]:
    for key, resources in _resources(settings):
        yield from _within(f"{key}.cpu", millicores_of(resources.cpu.guarantee), millicores_of(resources.cpu.limit))
        yield from _within(f"{key}.memory", bytes_of(resources.memory.guarantee), bytes_of(resources.memory.limit))


def _resources(settings: Settings) -> Iterator[tuple[str, Resources]]:
    yield "hub.resources", settings.hub.resources
    yield "proxy.resources", settings.proxy.resources
    for position, profile in enumerate(settings.users.profiles):
        yield f"users.profiles.{position}", profile


def _within(key: str, guarantee: int, limit: int) -> Iterator[Problem]:
    if guarantee > limit:
        yield Problem(
            f"{key}.limit",
            "is smaller than the guarantee, so no pod could start; raise the limit or lower the guarantee",
        )


def profiles_are_told_apart(settings: Settings) -> Iterator[Problem]:
    seen: set[str] = set()
    titles: set[str] = set()
    for position, profile in enumerate(settings.users.profiles):
        if profile.name in seen:
            yield Problem(
                f"users.profiles.{position}.name",
                f"{profile.name!r} stands twice, so a choice would be ambiguous; give each profile a name of its own",
            )
        if profile.title in titles:
            yield Problem(
                f"users.profiles.{position}.title",
                f"{profile.title!r} stands twice, so nobody could tell the choices apart; give each a title of its own",
            )
        seen.add(profile.name)
        titles.add(profile.title)


def the_quota_admits_a_server(settings: Settings) -> Iterator[Problem]:
    quota = settings.namespace.quota
    for position, profile in enumerate(settings.users.profiles):
        key = f"users.profiles.{position}"
        if millicores_of(profile.cpu.guarantee) > millicores_of(quota.cpu):
            yield Problem(
                f"{key}.cpu.guarantee",
                f"is more than namespace.quota.cpu ({quota.cpu}), so not one server could start; lower it or raise the quota",
            )
        if bytes_of(profile.memory.guarantee) > bytes_of(quota.memory):
            yield Problem(
                f"{key}.memory.guarantee",
                f"is more than namespace.quota.memory ({quota.memory}), so not one server could start; lower it or raise "
                "the quota",
            )
    if quota.servers > quota.homes:
        yield Problem(
            "namespace.quota.homes",
            f"is less than namespace.quota.servers ({quota.servers}), and every server needs a home; raise it",
        )
    if settings.hub.active_servers is not None and settings.hub.active_servers > quota.servers:
        yield Problem(
            "hub.active_servers",
            f"is more than namespace.quota.servers ({quota.servers}), so the last servers could not start; lower it or raise "
            "the quota",
        )


def somebody_may_log_in(settings: Settings) -> Iterator[Problem]:
    identity = settings.identity
    if not identity.admins:
        yield Problem("identity.admins", "is empty, so nobody could look after the hub; name at least one user")
    for name in sorted(identity.admins & identity.users):
        yield Problem(
            "identity.users", f"{name!r} stands in identity.admins too, and admins are users already; write it once"
        )


def culling_makes_sense(settings: Settings) -> Iterator[Problem]:
    culler = settings.culler
    if culler is None:
        return
    if culler.every > culler.idle:
        yield Problem(
            "culler.every", "is longer than culler.idle, so idle servers would run far beyond it; write a shorter time"
        )
    if culler.max_age is not None and culler.max_age < culler.idle:
        yield Problem(
            "culler.max_age",
            "is shorter than culler.idle, so busy servers would be stopped before idle ones; write more",
        )


def the_environment_is_the_users_own(settings: Settings) -> Iterator[Problem]:
    for name in settings.users.environment:
        key = f"users.environment.{name}"
        if name.upper() in _PRIVILEGE_SWITCHES:
            yield Problem(
                key,
                "asks the image for more rights, and user pods can never gain any; remove it, packages install into the "
                "home with pip",
            )
        elif name.upper().startswith("JUPYTERHUB_"):
            yield Problem(key, "is a name the hub sets itself; choose another")


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


def secrets_stay_outside(settings: Settings) -> Iterator[Problem]:
    """What the stack file says ends in a ConfigMap and in this repository, for many to read."""
    yield from _secrets_below("users.environment", settings.users.environment)
    yield from _secrets_below("hub.traits", settings.hub.traits)


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


def the_namespace_is_ours(settings: Settings) -> Iterator[Problem]:
    name = settings.namespace.name
    if name == "default" or name.startswith("kube-"):
        yield Problem(
            "namespace.name", f"{name!r} belongs to the cluster; choose a name of your own, such as jupyterhub"
        )
    if len(settings.namespace.users) > _LONGEST_NAME:
        yield Problem(
            "namespace.name",
            f"is too long: {settings.namespace.users!r} must fit into {_LONGEST_NAME} characters; choose a shorter one",
        )


_PRIVILEGE_SWITCHES = frozenset({"GRANT_SUDO", "NB_UID", "NB_GID", "NB_USER", "NB_GROUP", "CHOWN_HOME", "CHOWN_EXTRA"})
_PASSWORD_IN_URL = re.compile(r"://[^/?#\s:@]*:[^/?#\s@]+@")
_LONGEST_NAME = 63
_NAME_OF_THE_SETTINGS = "settings"

RULES: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    one_hub_and_one_proxy,
    passwords_stay_private,
    limits_hold_guarantees,
    profiles_are_told_apart,
    the_quota_admits_a_server,
    somebody_may_log_in,
    culling_makes_sense,
    the_environment_is_the_users_own,
    secrets_are_told_apart,
    secrets_stay_outside,
    the_namespace_is_ours,
)
