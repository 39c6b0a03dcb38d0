"""The preview of the stacks of this repository."""

from pathlib import Path

import pytest
import yaml

from preview.diff import compare
from preview.manifests import ORDER
from preview.recorder import inventory
from preview.render import render
from preview.show import report, tree

STACKS = ("dev", "prod")


@pytest.mark.parametrize("order", [STACKS, STACKS[::-1]])
def test_stacks_evaluated_in_one_process_do_not_disturb_each_other(order: tuple[str, ...]) -> None:
    first = [inventory(stack, preview=True, known=True) for stack in order]
    again = [inventory(stack, preview=True, known=True) for stack in reversed(order)]
    assert first == again[::-1]
    assert [found.stack for found in first] == [*order]


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_has_a_tree_and_no_view_of_it_shows_a_secret(stack: str) -> None:
    found = inventory(stack, preview=True, known=True)
    assert len(tree(found).splitlines()) > len(found.resources)
    assert "<<" not in tree(found)
    assert report(compare(found, found)).startswith("no changes")


def test_dev_renders_into_manifests_of_kinds_with_a_place_in_the_order(tmp_path: Path) -> None:
    found = inventory("dev")
    count = render(found, tmp_path / "out")
    written = [yaml.safe_load(path.read_text()) for path in sorted((tmp_path / "out").glob("[0-9]*.yaml"))]
    assert count == len(written) == sum(resource.is_kubernetes for resource in found.resources)
    places = [ORDER.index(manifest["kind"]) for manifest in written]
    assert places == sorted(places)
