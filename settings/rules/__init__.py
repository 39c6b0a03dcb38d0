"""What a single key cannot know: combinations that make no sense or do harm, each refused with its reason."""

from collections.abc import Callable, Iterator

from settings.problems import Problem
from settings.root import Settings
from settings.rules import (
    branding,
    capacity,
    edge,
    environment,
    exposure,
    hub,
    identity,
    mesh,
    monitoring,
    names,
    profiles,
    resources,
    roles,
    scheduling,
    secrets,
    services,
    sessions,
    storage,
)

RULES: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    *hub.RULES,
    *identity.RULES,
    *exposure.RULES,
    *edge.RULES,
    *sessions.RULES,
    *mesh.RULES,
    *resources.RULES,
    *capacity.RULES,
    *profiles.RULES,
    *roles.RULES,
    *storage.RULES,
    *scheduling.RULES,
    *monitoring.RULES,
    *environment.RULES,
    *secrets.RULES,
    *services.RULES,
    *names.RULES,
    *branding.RULES,
)


def problems_with(settings: Settings) -> list[Problem]:
    return [problem for rule in RULES for problem in rule(settings)]
