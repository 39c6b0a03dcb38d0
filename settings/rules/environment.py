"""What notebooks and the hub are told."""

import re
from collections.abc import Iterator

from settings.problems import Problem
from settings.root import Settings

_PRIVILEGE_SWITCHES = frozenset({"GRANT_SUDO", "NB_UID", "NB_GID", "NB_USER", "NB_GROUP", "CHOWN_HOME", "CHOWN_EXTRA"})
OF_THE_HUB = re.compile(r"(JUPYTERHUB|CONFIGPROXY|KUBERNETES|LD)_.*|PYTHON[A-Z]*|PATH|HOME")
"""What a pod of the platform sets or needs itself."""


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


def the_hub_keeps_its_own_environment(settings: Settings) -> Iterator[Problem]:
    for name in settings.hub.environment:
        if OF_THE_HUB.fullmatch(name.upper()):
            yield Problem(f"hub.environment.{name}", "is a name the hub's pod sets or needs itself; choose another")


RULES = (the_environment_is_the_users_own, the_hub_keeps_its_own_environment)
