"""Which way is taken: the engine where it can be had, and never both on one cluster."""

from typing import Any

import pytest

from deploy.way import Way, choose, made_by
from lab.problem import Problem

LACK = "there is no `pulumi` on PATH"

CHOSEN: list[tuple[Way | None, Way | None, str | None, Way]] = [
    (None, None, None, "engine"),
    (None, None, LACK, "kubectl"),
    ("kubectl", None, None, "kubectl"),
    ("engine", None, None, "engine"),
    (None, "engine", None, "engine"),
    (None, "kubectl", LACK, "kubectl"),
    ("kubectl", "kubectl", None, "kubectl"),
]

REFUSED: list[tuple[Way | None, Way | None, str | None, tuple[str, ...]]] = [
    ("engine", None, LACK, ("the engine was asked for", LACK)),
    (None, "kubectl", None, ("make move STACK=dev TO=engine", "make up STACK=dev WAY=kubectl")),
    ("engine", "kubectl", None, ("make move STACK=dev TO=engine", "make up STACK=dev WAY=kubectl")),
    ("kubectl", "engine", None, ("make move STACK=dev TO=kubectl", "make up STACK=dev WAY=engine")),
    (None, "engine", LACK, ("make move STACK=dev TO=kubectl", "once this is mended", LACK)),
]


@pytest.mark.parametrize(("forced", "made", "lack", "way"), CHOSEN)
def test_the_way_is_chosen(forced: Way | None, made: Way | None, lack: str | None, way: Way) -> None:
    assert choose("dev", forced, made, lack) == way


@pytest.mark.parametrize(("forced", "made", "lack", "words"), REFUSED)
def test_the_other_way_is_refused_with_what_to_do(
    forced: Way | None, made: Way | None, lack: str | None, words: tuple[str, ...]
) -> None:
    with pytest.raises(Problem) as problem:
        choose("dev", forced, made, lack)
    for word in words:
        assert word in str(problem.value)


def namespace(*managers: str) -> dict[str, Any]:
    return {"metadata": {"managedFields": [{"manager": manager} for manager in managers]}}


@pytest.mark.parametrize(
    ("found", "inventory", "way"),
    [
        (None, False, None),
        (namespace("kubectl-create"), False, None),
        (namespace("kubectl-create", "pulumi-kubernetes-1a2b3c4d"), False, "engine"),
        (namespace("jupyterhub-platform"), False, "kubectl"),
        # A move in the middle: the mark of the old way goes last.
        (namespace("jupyterhub-platform", "pulumi-kubernetes-1a2b3c4d"), True, "kubectl"),
        (namespace("pulumi-kubernetes-1a2b3c4d"), True, "kubectl"),
    ],
)
def test_how_a_cluster_was_made_is_recognised(found: dict[str, Any] | None, inventory: bool, way: Way | None) -> None:
    assert made_by(found, inventory=inventory) == way
