"""The recorder against whole programs: what it lists, and how it fails."""

import contextvars
import gc
import json
from typing import cast

import pulumi
import pytest
from pulumi.runtime.settings import set_root_resource
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace
from pulumi_kubernetes.core.v1 import Secret as KubernetesSecret

from preview.inventory import Inventory, Log, Secret, Unknown, dump, load
from preview.recorder import inventory
from tests.preview.conftest import PROGRAMS, Edit

HUB = "urn:pulumi:dev::small::small:platform:Hub::hub"


def record(program: str, *, preview: bool = False) -> Inventory:
    return inventory("dev", root=PROGRAMS / program, preview=preview)


def test_a_resource_is_listed_as_the_engine_receives_it(small: Edit) -> None:
    found = small(hub={"spec.replicas": 3})
    hub = found.one(Deployment, "hub")
    assert hub.urn == "urn:pulumi:dev::small::small:platform:Hub$kubernetes:apps/v1:Deployment::hub"
    assert hub.parent == HUB
    assert hub.provider == found.one("pulumi:providers:kubernetes", "cluster").urn
    assert hub.inputs["spec"]["replicas"] == 3
    assert isinstance(hub.inputs["spec"]["replicas"], int)
    assert hub.inputs["metadata"]["namespace"] == "small"
    assert hub.depends_on == (found.one(Namespace, "space").urn,)
    assert [resource.name for resource in found.resources if resource.protect] == ["space", "state"]


def test_the_tree_the_outputs_and_the_messages_are_listed_too(small: Edit) -> None:
    found = small()
    assert {resource.name for resource in found.roots} == {"hub", "cluster"}
    assert len(found.children(HUB)) == len(found.resources) - 2
    assert found.outputs == {"token": Secret("canary"), "url": "http://localhost:8000"}
    assert found.component_outputs == {HUB: {"namespace": "small"}}
    assert found.logs == (Log("warning", "the lab is not for production"),)


def test_secrets_are_references_to_where_they_come_from(small: Edit) -> None:
    found = small(token={"length": 16})
    assert found.one(KubernetesSecret, "credentials").inputs["stringData"] == {
        "api": Secret("<<declared:apiToken>>"),
        "password": Secret("<<generated:password:24:password>>"),
        "token": Secret("<<generated:digits:16:token>>"),
    }
    assert "canary" not in repr(found)


def test_before_a_first_update_computed_values_are_unknown(small: Edit) -> None:
    found = small(preview=True)
    assert found.one(KubernetesSecret, "credentials").inputs["stringData"] == Secret(Unknown())
    assert found.outputs["url"] == "http://localhost:8000"
    assert load(json.loads(json.dumps(dump(found)))) == found


def test_a_preview_of_what_runs_knows_what_an_update_knows(small: Edit) -> None:
    assert small(preview=True, known=True) == small()


@pytest.mark.parametrize("preview", [False, True])
def test_an_inventory_is_the_same_after_a_round_trip(small: Edit, preview: bool) -> None:
    found = small(preview=preview)
    assert load(json.loads(json.dumps(dump(found)))) == found


def test_what_is_declared_inside_an_apply_is_missing_from_a_first_preview() -> None:
    assert [resource.name for resource in record("after_apply").resources] == ["second", "first"]
    assert [resource.name for resource in record("after_apply", preview=True).resources] == ["first"]
    assert record("after_apply").one(ConfigMap, "second").inputs["data"] == {"of": "first"}


@pytest.mark.parametrize(
    ("program", "error", "complaint"),
    [
        ("formats", Exception, "Calling __str__ on an Output"),
        ("calls", NotImplementedError, "the function elsewhere:index:lookup"),
        ("duplicate", ValueError, "two resources are declared as .*Namespace::same; give one of them another name"),
        ("raises", LookupError, "nothing of that name"),
        ("raises_later", KeyError, "first"),
        ("reads", NotImplementedError, "the state of the existing kubernetes:core/v1:Namespace 'theirs'"),
    ],
)
def test_an_error_of_the_program_is_raised_as_it_is_and_once(
    program: str, error: type[Exception], complaint: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(error, match=complaint):
        record(program)
    gc.collect()
    assert caplog.records == []
    assert record("after_apply").resources, "the next run is none the worse for it"


def test_a_refused_stack_file_is_refused_in_the_words_of_the_settings() -> None:
    with pytest.raises(Exception, match="1 problem:\n  cluster: is missing") as caught:
        record("refused")
    assert caught.type.__name__ == "SettingsError"


def test_a_password_that_no_reference_can_stand_for_is_refused(small: Edit) -> None:
    with pytest.raises(ValueError, match="RandomPassword 'password': set special=False"):
        small(password={"special": True})


def test_runs_do_not_disturb_each_other(small: Edit) -> None:
    first, other = small(), record("after_apply")
    assert [record("after_apply"), small()] == [other, first]


def test_the_caller_may_have_a_program_of_its_own() -> None:
    def call() -> Inventory:
        set_root_resource(cast("pulumi.Resource", object()))
        return record("after_apply")

    assert contextvars.copy_context().run(call).resources


def test_a_program_does_not_see_the_modules_of_this_checkout() -> None:
    with pytest.raises(ModuleNotFoundError, match="components"):
        record("borrows")


def test_there_is_exactly_one_or_a_word_about_what_there_is(small: Edit) -> None:
    with pytest.raises(LookupError, match="0 resources 'huh' of this kind in dev; there are: hub"):
        small().one(Deployment, "huh")
