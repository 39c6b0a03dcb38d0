"""The manifests of whole programs, and the directory they are written to."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from preview.manifests import ORDER, RenderError
from preview.recorder import inventory
from preview.render import ForeignDirectoryError, render
from tests.preview.conftest import PROGRAMS, Edit

CREDENTIALS = {"namespace": "small", "name": "credentials"}


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(directory.iterdir())}


def test_one_file_per_object_in_the_order_to_apply_them(small: Edit, tmp_path: Path) -> None:
    assert render(small(), tmp_path / "out") == 6
    assert [*contents(tmp_path / "out")] == [
        "001-namespace-small.yaml",
        "002-configmap-small-settings.yaml",
        "003-secret-small-credentials.yaml",
        "004-persistentvolumeclaim-small-state.yaml",
        "005-service-small-hub.yaml",
        "006-deployment-small-hub.yaml",
        "kustomization.yaml",
        "references.json",
    ]
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def test_a_manifest_is_what_the_program_declares(small: Edit, tmp_path: Path) -> None:
    found = small()
    render(found, tmp_path / "out")
    manifest: dict[str, Any] = yaml.safe_load((tmp_path / "out" / "006-deployment-small-hub.yaml").read_text())
    assert manifest == found.one("kubernetes:apps/v1:Deployment", "hub").inputs
    assert [*manifest][:3] == ["apiVersion", "kind", "metadata"]
    kustomization = yaml.safe_load((tmp_path / "out" / "kustomization.yaml").read_text())
    assert kustomization["resources"] == [name for name in contents(tmp_path / "out") if name[0] == "0"]


def test_secrets_leave_as_references_only(small: Edit, tmp_path: Path) -> None:
    render(small(), tmp_path / "out")
    written = contents(tmp_path / "out")
    assert yaml.safe_load(written["003-secret-small-credentials.yaml"]) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": CREDENTIALS,
    }
    assert json.loads(written.pop("references.json")) == {
        "stack": "dev",
        "references": [
            CREDENTIALS | {"key": "api", "reference": "<<declared:apiToken>>"},
            CREDENTIALS | {"key": "password", "reference": "<<generated:password:24:password>>"},
            CREDENTIALS | {"key": "token", "reference": "<<generated:digits:32:token>>"},
        ],
    }
    assert "<<" not in "".join(written.values())


def test_the_same_program_is_rendered_the_same(small: Edit, tmp_path: Path) -> None:
    render(small(), tmp_path / "one")
    render(small(), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize(
    ("program", "complaints"),
    [
        (
            "composed",
            [
                "Secret small/database: stringData.twice is not exactly one secret; put each into a key of its own",
                "Secret small/database: stringData.url is not exactly one secret; put each into a key of its own",
            ],
        ),
        (
            "misplaced",
            [
                "ConfigMap small/open: data.token holds what only an engine knows, or a secret in the clear",
                "ConfigMap small/sealed: data.token is secret, and this is no place for one",
            ],
        ),
        (
            "named_by_cluster",
            [
                "ConfigMap small/where: data.address is only known to the cluster; a manifest needs a value",
                "Service small: metadata.name is missing; give it a fixed one",
            ],
        ),
        (
            "foreign",
            ["Tunnel tunnel (cloudflare:index/tunnel:Tunnel): only an engine can make an edge; use `pulumi up`"],
        ),
    ],
)
def test_what_no_manifest_can_hold_is_refused_with_the_reason(
    program: str, complaints: list[str], tmp_path: Path
) -> None:
    with pytest.raises(RenderError) as caught:
        render(inventory("dev", root=PROGRAMS / program), tmp_path / "out")
    first, *found = str(caught.value).splitlines()
    assert first == "stack dev cannot be rendered:"
    assert [line.strip()[: len(complaint)] for line, complaint in zip(found, complaints, strict=True)] == complaints
    assert not any(tmp_path.iterdir())


def test_an_earlier_render_is_replaced_whole(small: Edit, tmp_path: Path) -> None:
    render(small(), tmp_path / "out")
    render(small(without_service=True), tmp_path / "out")
    assert [name for name in contents(tmp_path / "out") if "service" in name] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Pulumi.dev.yaml", "out"]


@pytest.mark.parametrize("foreign", ["notes.txt", "001-UPPER.yaml", "kustomization.yaml"])
def test_a_directory_of_somebody_else_is_left_alone(small: Edit, tmp_path: Path, foreign: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / foreign).write_text("mine")
    with pytest.raises(ForeignDirectoryError, match=f"holds {foreign}, which no render wrote"):
        render(small(), out)
    assert contents(out) == {foreign: "mine"}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ForeignDirectoryError, match="is no directory"):
        render(small(), tmp_path / "file")


def test_an_earlier_render_with_something_added_is_left_alone(small: Edit, tmp_path: Path) -> None:
    render(small(), tmp_path / "out")
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ForeignDirectoryError, match="holds mine"):
        render(small(without_service=True), tmp_path / "out")


def test_an_empty_directory_will_do(small: Edit, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert render(small(), tmp_path / "out")


def test_every_kind_has_one_place_in_the_order() -> None:
    assert len(set(ORDER)) == len(ORDER)
