"""What one stack file changes about another, over whole programs."""

from dataclasses import replace
from typing import Any

import pytest

from preview.diff import Change, Diff, compare
from preview.inventory import Inventory
from tests.preview.conftest import Edit


def only(diff: Diff) -> Change:
    [change] = diff.changes
    return change


def test_the_same_declarations_change_nothing(small: Edit) -> None:
    diff = compare(small(), small())
    assert not diff
    assert diff.unchanged == len(small().resources)


@pytest.mark.parametrize(
    ("settings", "kind", "fields"),
    [
        ({"hub": {"spec.replicas": 2}}, "updated", {"spec.replicas"}),
        ({"container": {"image": "hub:2"}}, "updated", {"spec.template.spec.containers[hub].image"}),
        ({"hub": {"spec.selector": {"matchLabels": {"app": "new"}}}}, "replaced", {"spec.selector.matchLabels.app"}),
        ({"state": {"spec.resources.requests.storage": "20Gi"}}, "updated", {"spec.resources.requests.storage"}),
        ({"state": {"spec.storageClassName": "fast"}}, "replaced", {"spec.storageClassName"}),
        ({"state": {"spec.accessModes": ["ReadWriteMany"]}}, "replaced", {"spec.accessModes[0]"}),
        ({"settings": {"metadata.name": "other"}}, "replaced", {"metadata.name"}),
        ({"settings": {"data.motd": "hi"}}, "replaced", {"data.motd"}),
        ({"settings": {"metadata.labels": {"a": "b"}}}, "updated", {"metadata.labels"}),
    ],
)
def test_a_change_is_an_update_or_a_replacement(
    small: Edit, settings: dict[str, Any], kind: str, fields: set[str]
) -> None:
    change = only(compare(small(), small(**settings)))
    assert change.kind == kind
    assert {field.path for field in change.fields} == fields
    assert change.forcing == (fields if kind == "replaced" else frozenset())


@pytest.mark.parametrize("how", [{"length": 64}, {"keepers": {"year": "2027"}}])
def test_a_new_secret_replaces_what_makes_it_and_what_holds_it(small: Edit, how: dict[str, Any]) -> None:
    diff = compare(small(), small(token=how))
    assert {(change.resource.name, change.kind) for change in diff.changes} == {
        ("token", "replaced"),
        ("credentials", "replaced"),
    }


def test_content_that_its_provider_edits_in_place_is_an_update(small: Edit) -> None:
    mutable = {"cluster": {"enable_config_map_mutable": True}}
    edited = {"settings": {"data.motd": "hi"}}
    assert only(compare(small(**mutable), small(**mutable, **edited))).kind == "updated"
    old, new = (small(**mutable, settings={"data.motd": word, "immutable": True}) for word in ("hello", "hi"))
    assert only(compare(old, new)).kind == "replaced"


def test_created_and_deleted(small: Edit) -> None:
    without, whole = small(without_service=True), small()
    assert (only(compare(without, whole)).kind, only(compare(whole, without)).kind) == ("created", "deleted")
    assert only(compare(whole, without)).resource.name == "service"


def test_another_cluster_replaces_everything_that_is_on_it(small: Edit) -> None:
    old, new = small(), small(cluster={"context": "other"})
    moved = {change.resource.name for change in compare(old, new).changes if change.kind == "replaced"}
    assert moved == {resource.name for resource in new.resources if resource.is_kubernetes} | {"cluster"}


def test_what_is_protected_is_said_to_be_refused(small: Edit) -> None:
    whole = small()
    kept = {resource.name for resource in whole.resources if resource.protect}
    gone = compare(whole, replace(whole, resources=()))
    assert {change.resource.name for change in gone.changes if change.refused} == kept == {"space", "state"}
    assert only(compare(whole, small(state={"spec.volumeName": "other"}))).refused


@pytest.mark.parametrize(("size", "refused"), [("20Gi", False), ("9000Mi", True), ("11G", False), ("10G", True)])
def test_a_smaller_claim_is_said_to_be_refused(small: Edit, size: str, refused: bool) -> None:
    change = only(compare(small(), small(state={"spec.resources.requests.storage": size})))
    assert change.kind == "updated"
    assert change.refused == ("a claim only grows: the cluster refuses" if refused else "")


def test_options_and_outputs_count_as_changes(small: Edit) -> None:
    old, new = small(), small(url="http://hub")
    assert [(field.path, field.old, field.new) for field in compare(old, new).outputs] == [
        ("url", "http://localhost:8000", "http://hub")
    ]
    bare = replace(old, resources=tuple(replace(resource, protect=False) for resource in old.resources))
    changes = compare(old, bare).changes
    assert {change.resource.name: change.fields[0].path for change in changes} == {
        "space": "(options).protect",
        "state": "(options).protect",
    }


def test_against_nothing_everything_is_created(small: Edit) -> None:
    new = small()
    diff = compare(Inventory("dev", (), {}, {}, (), 0), new)
    assert diff.count("created") == len(new.resources)
