"""Secrets that somebody gives from outside."""

from collections.abc import Mapping

import pulumi

from settings import Settings


def declared_secrets(settings: Settings) -> Mapping[str, pulumi.Output[str]]:
    """The secrets given from outside, or every missing one with the command that sets it."""
    config = pulumi.Config()
    given = {name: config.get_secret(name) for name in settings.declared_secrets}
    missing = [
        f"  {key}: nobody has set {name!r} yet; run pulumi config set --secret {name}"
        for name, key in settings.declared_secrets.items()
        if given[name] is None
    ]
    if missing:
        raise pulumi.RunError("\n".join(["secrets are missing:", *missing]))
    return {name: value for name, value in given.items() if value is not None}
