"""What notebooks are told."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.root import Settings

_PRIVILEGE_SWITCHES = frozenset({"GRANT_SUDO", "NB_UID", "NB_GID", "NB_USER", "NB_GROUP", "CHOWN_HOME", "CHOWN_EXTRA"})


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


RULES = (the_environment_is_the_users_own,)
