"""What a later run may delete of what an earlier one applied."""

from dataclasses import replace

from deploy.inventory import Change, Item, compare, merged

SPACE = Item("v1", "Namespace", "", "hub", protected=True)
CLAIM = Item("v1", "PersistentVolumeClaim", "hub", "state", protected=True)
CONFIG = Item("v1", "ConfigMap", "hub", "settings")
WEB = Item("apps/v1", "Deployment", "hub", "web")


def test_nothing_changes_when_nothing_changed() -> None:
    assert compare([SPACE, CONFIG, WEB], [SPACE, CONFIG, WEB]) == Change((), ())
    assert merged([SPACE, CONFIG, WEB], [SPACE, CONFIG, WEB]) == [SPACE, CONFIG, WEB]


def test_what_is_no_longer_declared_goes_later_objects_first() -> None:
    assert compare([SPACE, CONFIG, WEB], [SPACE]) == Change(delete=(WEB, CONFIG), keep=())


def test_what_holds_data_is_kept_though_nobody_declares_it() -> None:
    assert compare([SPACE, CLAIM, WEB], [SPACE]) == Change(delete=(WEB,), keep=(CLAIM,))


def test_an_object_that_has_become_precious_is_the_same_object() -> None:
    assert compare([CONFIG], [replace(CONFIG, protected=True)]) == Change((), ())


def test_another_api_version_of_the_same_name_is_another_object() -> None:
    assert compare([WEB], [replace(WEB, api_version="apps/v2")]).delete == (WEB,)


def test_meanwhile_the_inventory_names_all_that_may_be_there() -> None:
    assert merged([SPACE, CLAIM, CONFIG], [SPACE, WEB]) == [CLAIM, CONFIG, SPACE, WEB]
