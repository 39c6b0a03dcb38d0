"""The stacks in examples/: each can be evaluated anywhere, and one deployment differs from cluster to cluster in a few lines."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import yaml

from preview.recorder import inventory
from settings.cluster import Context
from settings.load import ROOT, SETTINGS_KEY, read, stack_file

EXAMPLES = sorted(path.stem.removeprefix("Pulumi.") for path in (ROOT / "examples").glob("Pulumi.*.yaml"))
ELSEWHERE = ("urbalurba-microk8s", "urbalurba-aks")
"""The clusters that urbalurba runs on beside Rancher Desktop."""
OF_A_CLUSTER = r"cluster\.context|exposure\.(host|controller\.(kind|namespace|ingress_class)|tls)(\..*)?|storage\.\w+\.storage_class"
A_FEW_LINES = 8
OBJECTS_AT_LEAST = 20


def leaves(node: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path, node


def test_there_are_examples() -> None:
    assert {"thinkube", "urbalurba", *ELSEWHERE} <= set(EXAMPLES)


@pytest.mark.parametrize("stack", EXAMPLES)
def test_an_example_can_be_evaluated_without_its_cluster(
    stack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    found = inventory(stack, preview=True, known=True)
    chosen = read(stack_file(stack)).cluster
    assert isinstance(chosen, Context)
    assert found.one("pulumi:providers:kubernetes", "cluster").inputs["context"] == chosen.context
    assert len([resource for resource in found.resources if resource.is_kubernetes]) >= OBJECTS_AT_LEAST


@pytest.mark.parametrize("stack", ELSEWHERE)
def test_another_cluster_is_a_few_lines(stack: str) -> None:
    said = yaml.safe_load(stack_file(stack).read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    assert said.pop("extends") == "urbalurba"
    lines = [path for path, _ in leaves(said)]
    assert len(lines) <= A_FEW_LINES
    here, there = (dict(leaves(read(stack_file(name)).model_dump())) for name in (stack, "urbalurba"))
    differing = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert "cluster.context" in differing
    assert not [key for key in differing if not re.fullmatch(OF_A_CLUSTER, key)], differing
