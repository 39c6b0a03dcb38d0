"""Names that belong to somebody else, or do not fit."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.root import Settings

_LONGEST_NAME = 63


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


RULES = (the_namespace_is_ours,)
