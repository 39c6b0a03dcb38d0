"""What every suite may use: the stacks of the repository, evaluated once."""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import pytest

from preview.inventory import Inventory
from preview.recorder import inventory
from settings import Settings
from settings.extends import extended
from settings.load import read, settings_of, stack_file

UNPINNED = {"prod"}
"""Stacks whose images nobody has pushed yet: they can be previewed, and nothing else."""


@cache
def _recorded(stack: str, preview: bool) -> Inventory:
    return inventory(stack, preview=preview)


@pytest.fixture(
    scope="session", params=["dev", "e2e", "ingress", "profiles", "prod", "edge", "urbalurba-lab", "thinkube-lab"]
)
def stack(request: pytest.FixtureRequest) -> Inventory:
    """Everything one stack declares, as the engine would receive it: between them they ask for all there is."""
    return _recorded(request.param, request.param in UNPINNED)


@pytest.fixture(scope="session")
def recorded() -> Callable[[str, bool], Inventory]:
    return _recorded


def with_a_password() -> dict[str, Any]:
    """Everything dev says, but for one password that all of its people share: a tree of one's own, to change."""
    return cast("dict[str, Any]", extended(settings_of("password"), "changed", settings_of))


@pytest.fixture(scope="session")
def dev() -> Settings:
    return read(stack_file("dev"))
