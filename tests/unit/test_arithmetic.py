"""How many people a stack has room for."""

from typing import Any

import pytest
import yaml

from settings import Settings, SettingsError
from settings.arithmetic import bounds, in_units, summary
from settings.extends import merged
from settings.load import SETTINGS_KEY, parse, stack_file

QUOTA_FOR_A_QUARTER = {"cpu": 100, "memory": "200Gi", "servers": 100, "homes": 100, "storage": None}
POOL = {"name": "workers", "count": 10, "cpu": 16, "memory": "64Gi"}

PROMISE = {"namespace": {"quota": QUOTA_FOR_A_QUARTER}, "capacity": {"users": 100}}


def prod(changes: dict[str, Any]) -> Any:
    """Prod's settings with some keys changed, unchecked."""
    stack = yaml.safe_load(stack_file("prod").read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    return merged(stack, changes)


def nodes(*pools: dict[str, Any]) -> dict[str, Any]:
    return {"cluster": {"nodes": list(pools)}}


BOUNDS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "by the quota": (
        {"namespace": {"quota": QUOTA_FOR_A_QUARTER}},
        {"memory requests": 25, "CPU requests": 50, "homes": 100},
    ),
    "by disk": ({"namespace": {"quota": {"storage": "105Gi"}}}, {"disk for homes": 5}),
    "by the hub": ({"hub": {"active_servers": 7}}, {"servers the hub allows": 7}),
    "by memory of the nodes, where hub and proxy take room for one": (nodes(POOL), {"room on the nodes": 79}),
    "by cpu of the nodes": (nodes({**POOL, "cpu": 4}), {"room on the nodes": 19}),
    "by nodes of several pools": (
        nodes(POOL, {"name": "big", "count": 2, "cpu": 64, "memory": "256Gi"}),
        {"room on the nodes": 79 + 64},
    ),
    "by nodes that hold nothing else than pods": (
        nodes({"name": "workers", "count": 1, "cpu": 5000, "memory": "50Ti"}),
        {"room on the nodes": 110},
    ),
}


@pytest.mark.parametrize("case", BOUNDS)
def test_what_limits_how_many_servers_run(case: str) -> None:
    changes, expected = BOUNDS[case]
    settings = Settings.model_validate(prod(changes))
    found = {bound.what: bound.servers for bound in bounds(settings, settings.users.profiles[0])}
    assert expected.items() <= found.items()


def test_the_preview_says_how_many_and_what_is_short() -> None:
    assert summary(Settings.model_validate(prod(PROMISE))) == "standard: admits 25 of 100 users (memory requests)"
    assert summary(Settings.model_validate(prod({"capacity": None}))).startswith("standard: admits ")


def test_a_promise_that_cannot_be_kept_is_refused_with_the_quota_that_would_keep_it() -> None:
    with pytest.raises(SettingsError) as refused:
        parse(prod(PROMISE), "Pulumi.quarter.yaml")
    (problem,) = refused.value.problems
    assert problem.key == "capacity.users"
    assert "namespace.quota.memory admits 25 (memory requests), namespace.quota.cpu admits 50" in problem.complaint
    assert "write namespace.quota.memory: 800Gi and write namespace.quota.cpu: 200, or promise 25" in problem.complaint


@pytest.mark.parametrize(
    ("size", "text"), [(2**30, "1Gi"), (1536 * 2**20, "1536Mi"), (2**40, "1Ti"), (800 * 2**30, "800Gi")]
)
def test_sizes_as_people_write_them(size: int, text: str) -> None:
    assert in_units(size) == text
