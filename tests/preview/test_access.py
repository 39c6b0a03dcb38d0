"""Who may start what: as the stack file says it, as the hub will hold them to it."""

import json
import re
from typing import Any

import pytest
import yaml

from components.hub.config import hub_settings
from hub.offers import offers
from hub.person import Person
from hub.settings import SETTINGS_FILE
from preview.access import HEADING, access, changed_access
from preview.diff import compare
from preview.inventory import Declared, Inventory
from preview.show import report, report_markdown, tree, tree_markdown
from settings.extends import merged
from settings.load import ROOT, parse, read, stack_file
from tests.conftest import with_a_password
from tests.hub.logins import ACCESS, KEYCLOAK

GROUPS = {"identity": {"groups": {"analysts": ["alice"], "teachers": ["alice", "bob"]}}}
GPU = {"count": 2, "resource": "nvidia.com/gpu"}
HEAD = ("for", "people", "profile", "at most", "image", "to choose")


def told(*changes: dict[str, Any]) -> Inventory:
    """What a preview sees of a stack with a password and some changes, as far as it matters here."""
    settings: Any = with_a_password()
    for change in changes:
        settings = merged(settings, change)
    return with_hub(
        hub_settings(parse(settings, "dev"), dict.fromkeys(("hub", "proxy", "notebook"), "any")).model_dump_json()
    )


def with_hub(text: str) -> Inventory:
    data = {SETTINGS_FILE.name: text}
    config = Declared("kubernetes:core/v1:ConfigMap", "hub", "urn:hub", "", "", False, False, (), {"data": data})
    return Inventory("dev", (config,), {}, {}, (), 0)


def profile(name: str, **changes: Any) -> dict[str, Any]:
    return {"users": {"profiles": [{"name": name, **changes}]}}


def cells(lines: list[str]) -> list[tuple[str, ...]]:
    """The table without what aligns it."""
    return [tuple(re.split("  +", line.strip())) for line in lines]


def test_without_groups_everything_is_for_everybody() -> None:
    assert access(told()) == [
        "for        people             profile  at most     image     to choose",
        "everybody  admin, alice, bob  small    1 CPU, 1Gi  notebook  nothing",
        "everybody  admin, alice, bob  large    2 CPU, 4Gi  notebook  nothing",
    ]


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ([GROUPS, profile("large", groups=["analysts"])], ("analysts", "alice", "large", "2 CPU, 4Gi", "notebook", "nothing")),
        ([GROUPS, profile("large", groups=["teachers", "analysts"])], ("teachers", "alice, bob", "large", "2 CPU, 4Gi", "notebook", "nothing")),
        ([profile("large", gpu=GPU)], ("everybody", "admin, alice, bob", "large", "2 CPU, 4Gi, 2 nvidia.com/gpu", "notebook", "nothing")),
        (
            [profile("large", choices={"kind": "listed", "cpu": [2, "500m"], "memory": ["4Gi"]})],
            ("everybody", "admin, alice, bob", "large", "2 CPU, 4Gi", "notebook", "cpu 2, 500m; memory 4Gi"),
        ),
        (
            [GROUPS, profile("small", groups=["analysts"]), profile("large", groups=["analysts"])],
            ("nobody else", "admin, bob", "none"),
        ),
        (
            [{"identity": {"users": ["b", "c", "d", "e", "f"]}}],
            ("everybody", "admin, b, c, d and 2 more", "large", "2 CPU, 4Gi", "notebook", "nothing"),
        ),
    ],
    ids=["one group", "each group a row", "GPUs", "choices", "left out", "many"],
)  # fmt: skip
def test_a_row_says_for_whom_and_what(changes: list[dict[str, Any]], row: tuple[str, ...]) -> None:
    table = cells(access(told(*changes)))
    assert table[0] == HEAD
    assert row in table


@pytest.mark.parametrize("stack", ["dev", "prod", "profiles", "thinkube"])
def test_the_hub_offers_what_the_table_says(stack: str) -> None:
    settings = read(stack_file(stack))
    runtime = hub_settings(settings, dict.fromkeys(settings.images, "any"))
    table = cells(access(with_hub(runtime.model_dump_json())))[1:]
    groups = {row[0] for row in table if len(row) == len(HEAD)}
    for group in groups:
        somebody = Person("somebody", frozenset({group} - {"everybody"}))
        offered = {
            offer.profile.name for offer in offers(runtime.servers.profiles, runtime.servers.images, somebody, None)
        }
        assert offered == {row[2] for row in table if row[0] in (group, "everybody")}


@pytest.mark.parametrize(
    ("login", "groups", "people"),
    [
        (KEYCLOAK, None, [("everybody", "Keycloak's users, admins")]),
        (KEYCLOAK, ["analysts"], [("analysts", "Keycloak's analysts"), ("nobody else", "Keycloak's users, admins")]),
        (ACCESS, None, [("everybody", "whoever Access lets in @example.org")]),
        (ACCESS, ["analysts"], [("analysts", "bob, eve"), ("nobody else", "whoever Access lets in @example.org")]),
    ],
)
def test_where_somebody_else_knows_the_people_their_groups_are_named(
    login: dict[str, Any], groups: list[str] | None, people: list[tuple[str, str]]
) -> None:
    (config,) = told(GROUPS, profile("large", groups=groups)).resources
    hub = json.loads(config.inputs["data"][SETTINGS_FILE.name])
    hub["login"] = login
    hub["servers"]["profiles"] = [each for each in hub["servers"]["profiles"] if each["name"] == "large"]
    assert [row[:2] for row in cells(access(with_hub(json.dumps(hub))))[1:]] == people


def test_a_change_names_the_rows_that_go_and_come() -> None:
    old, new = told(GROUPS), told(GROUPS, profile("large", groups=["analysts"]))
    assert cells(changed_access(old, new)) == [
        HEAD,
        ("- everybody", "admin, alice, bob", "large", "2 CPU, 4Gi", "notebook", "nothing"),
        ("+ analysts", "alice", "large", "2 CPU, 4Gi", "notebook", "nothing"),
    ]
    assert changed_access(old, old) == []


def test_every_view_has_it() -> None:
    old, new = told(GROUPS), told(GROUPS, profile("large", groups=["analysts"]))
    assert f"{HEADING}:\n  for " in tree(new)
    assert f"<summary>{HEADING}</summary>\n\n```diff\nfor " in tree_markdown(new)
    assert f"{HEADING}:\n    for " in report(compare(old, new))
    assert f"<summary>{HEADING}</summary>\n\n```diff\n  for " in report_markdown(compare(old, new), "main")
    assert HEADING not in report(compare(new, new)) + report_markdown(compare(new, new), "main")


def test_the_page_shows_stacks_that_work_and_the_table_of_the_first() -> None:
    page = (ROOT / "docs" / "profiles.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    profiles, discovery, services = (yaml.safe_load(block.replace("sha256:...", f"sha256:{0:064}")) for block in blocks)
    afresh = {"users": {"profiles": None}}
    table = access(told(afresh, profiles))
    assert f"\n{HEADING}:\n" + "".join(f"  {line}\n" for line in table) in page
    assert access(told(afresh, profiles, discovery, profile("gpu", choices={"kind": "discovered"})))
    assert access(told({"identity": {"groups": {"helpdesk": ["bob"]}}}, services))


@pytest.mark.parametrize("text", ["{}", "not JSON", ""])
def test_a_hub_of_another_revision_says_nothing(text: str) -> None:
    assert access(with_hub(text)) == []
