"""What a person reads: the tree and the report, in a terminal and on a pull request."""

from dataclasses import replace
from typing import Any

import pytest

from preview.diff import compare
from preview.show import COMMENT_LIMIT, report, report_markdown, tree, tree_markdown
from tests.preview.conftest import Edit

EVERYTHING: dict[str, Any] = {
    "hub": {"spec.replicas": 2, "metadata.annotations": {"example.org/config-hash": "fedcba9876543210"}},
    "settings": {"data.motd": "hello\nthere\nbye\n"},
    "token": {"length": 64},
    "url": "http://hub",
    "without_service": True,
}


def test_the_tree(small: Edit) -> None:
    assert tree(small()).splitlines() == [
        "stack dev: 10 resources",
        "├─ Hub hub",
        "│  ├─ ConfigMap small/settings",
        "│  ├─ Deployment small/hub",
        "│  ├─ Namespace small  (protected)",
        "│  ├─ PersistentVolumeClaim small/state  (protected)",
        "│  ├─ RandomPassword password",
        "│  ├─ RandomPassword token",
        "│  ├─ Secret small/credentials",
        "│  └─ Service small/hub",
        "└─ kubernetes provider cluster",
        "output token: (secret)",
        'output url: "http://localhost:8000"',
        "warning: the lab is not for production",
    ]


def test_the_report_has_every_change_below_its_component(small: Edit) -> None:
    assert report(compare(small(), small(**EVERYTHING))).splitlines() == [
        "hub:",
        "  ± ConfigMap small/settings replaced",
        "      data.motd:  (forces replacement)",
        "        @@ -1,3 +1,3 @@",
        "         hello",
        "        -world",
        "        +there",
        "         bye",
        "  ~ Deployment small/hub updated",
        '      metadata.annotations["example.org/config-hash"]: 01234567 -> fedcba98',
        "      spec.replicas: 1 -> 2",
        "  ± RandomPassword token replaced",
        "      length: 32 -> 64  (forces replacement)",
        "  ± Secret small/credentials replaced",
        "      stringData.token: (secret) changes  (forces replacement)",
        "  - Service small/hub deleted",
        'output url: "http://localhost:8000" -> "http://hub"',
        "1 updated, 3 replaced, 1 deleted, 5 unchanged",
    ]


def test_a_document_inside_a_config_map_is_told_key_by_key(small: Edit) -> None:
    old, new = (small(settings={"data": {"settings.json": f'{{"hub": {{"n": {n}}}}}'}}) for n in (1, 2))
    assert '      data["settings.json"].hub.n: 1 -> 2  (forces replacement)' in report(compare(old, new)).splitlines()


def test_what_is_protected_stands_out(small: Edit) -> None:
    whole = small()
    gone = report(compare(whole, replace(whole, resources=()))).splitlines()
    assert "  - Namespace small deleted, but it is protected: the engine refuses" in gone
    kept = replace(whole, resources=tuple(replace(each, retain_on_delete=True) for each in whole.resources))
    left = report(compare(kept, replace(whole, resources=()))).splitlines()
    assert "  - Service small/hub deleted, but it stays where it is" in left


def test_no_changes_are_one_line(small: Edit) -> None:
    assert report(compare(small(), small())) == "no changes, 10 resources the same"


def test_colour_is_on_the_line_of_the_resource_alone(small: Edit) -> None:
    lines = report(compare(small(), small(without_service=True)), colour=True).splitlines()
    assert lines == ["hub:", "\033[31m  - Service small/hub deleted\033[0m", "1 deleted, 9 unchanged"]


def test_the_pull_request_gets_a_table_and_the_details_folded(small: Edit) -> None:
    text = report_markdown(compare(small(), small(**EVERYTHING)), "main")
    assert text.startswith("### What changes in stack `dev` since `main`\n\n| created | updated | replaced | deleted |")
    assert "| 0 | 1 | 3 | 1 | 5 |" in text
    assert "<summary>hub: 1 updated, 3 replaced, 1 deleted</summary>\n\n```diff\n! ConfigMap" in text
    assert "\n- Service small/hub deleted\n```\n</details>" in text
    assert "<summary>outputs</summary>" in text
    assert "Namespace small  (protected)" in tree_markdown(small())


@pytest.mark.parametrize("lines", [3_000, 30_000])
def test_a_comment_is_never_too_long_to_be_posted(small: Edit, lines: int) -> None:
    flood = "".join(f"line {number}\n" for number in range(lines))
    text = report_markdown(compare(small(), small(settings={"data.motd": flood}, **{"url": "x" * 50_000})), "main")
    assert len(text) <= COMMENT_LIMIT
    assert text.count("<details>") == text.count("</details>") == text.count("```diff")
    assert ("more lines" in text) == (lines == 30_000)


def test_text_cannot_break_out_of_its_fence(small: Edit) -> None:
    text = report_markdown(compare(small(), small(settings={"data.motd": "a\n```\n<b>\n"})), "main")
    assert text.count("````") == 2


@pytest.mark.parametrize("settings", [EVERYTHING, {"password": {"length": 48}}])
def test_no_view_shows_a_secret_or_a_reference_to_one(small: Edit, settings: dict[str, Any]) -> None:
    old, new = small(), small(**settings)
    views = [tree(new), tree_markdown(new), report(compare(old, new)), report_markdown(compare(old, new), "main")]
    views.append(report(compare(replace(old, resources=()), new)))
    assert [view for view in views if "canary" in view or "<<" in view] == []
