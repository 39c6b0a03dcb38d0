"""What is written for Argo CD beside the manifests: it follows one directory, and deletes nothing that people would miss."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from preview.__main__ import main
from preview.delivery import application
from preview.inventory import Inventory
from preview.manifests import Reference, manifests
from preview.render import render
from settings import Settings
from settings.load import read, stack_file

Recorded = Callable[[str, bool], Inventory]
STACK = "gitops-lab"
OPTIONS = "argocd.argoproj.io/sync-options"


@pytest.fixture
def prod(recorded: Recorded) -> Inventory:
    return recorded(STACK, False)


@pytest.fixture
def applied() -> dict[str, Any]:
    settings = read(stack_file(STACK))
    assert settings.delivery
    return application(STACK, settings, settings.delivery)


def files(directory: Path) -> dict[str, Any]:
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(directory.iterdir())}


def asks_nobody(_settings: Settings, _source: str) -> bool:
    """In place of the pinned JupyterHub, which takes its time."""
    return False


def test_it_follows_what_is_committed_to_one_directory(applied: dict[str, Any]) -> None:
    assert applied["metadata"] == {"name": "jupyter-gitops-lab", "namespace": "argocd"}
    assert applied["spec"]["source"] == {
        "repoURL": "https://github.com/254carbon/platform.git",
        "path": "k8s/gitops/jupyterhub",
        "targetRevision": "main",
    }
    assert applied["spec"]["destination"]["namespace"] == "jupyter"


def test_it_leaves_the_values_of_secrets_to_whoever_gave_them(applied: dict[str, Any], prod: Inventory) -> None:
    assert "ServerSideApply=true" in applied["spec"]["syncPolicy"]["syncOptions"]
    secrets = [each for each in manifests(prod).objects if each["kind"] == "Secret"]
    assert secrets
    assert not [each["metadata"]["name"] for each in secrets if each.keys() & {"data", "stringData"}]


def test_it_deletes_nothing_that_people_would_miss(applied: dict[str, Any], prod: Inventory, tmp_path: Path) -> None:
    render(prod, tmp_path / "out", applied)
    kept = {
        (each["kind"], each["metadata"]["name"])
        for name, each in files(tmp_path / "out").items()
        if name[0].isdigit() and each["metadata"].get("annotations", {}).get(OPTIONS) == "Prune=false,Delete=false"
    }
    lasting = {"Namespace", "Secret", "PersistentVolumeClaim"}
    assert kept == {
        (each["kind"], each["metadata"]["name"]) for each in manifests(prod).objects if each["kind"] in lasting
    }
    assert ("Secret", "service-minio") in kept
    assert "finalizers" not in applied["metadata"]


def test_it_stands_beside_the_manifests_and_is_none_of_them(
    applied: dict[str, Any], prod: Inventory, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    render(prod, out, applied)
    written = files(out)
    assert written["application.yaml"] == applied
    assert "application.yaml" not in written["kustomization.yaml"]["resources"]
    render(prod, out)
    assert "application.yaml" not in files(out)
    assert OPTIONS not in "".join(path.read_text() for path in out.iterdir())


@pytest.mark.parametrize(("stack", "delivered"), [(STACK, True), ("dev", False)])
def test_it_is_written_where_the_stack_file_asks_for_it(
    stack: str,
    delivered: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("components.hub.check.check", asks_nobody)
    monkeypatch.setattr(sys, "argv", ["preview", "render", "--stack", stack, "--out", str(tmp_path / "out")])
    assert main() == 0
    assert (tmp_path / "out" / "application.yaml").exists() is delivered
    assert ("is for Argo CD, once" in capsys.readouterr().out) is delivered


def test_each_value_of_a_service_is_listed_by_where_it_belongs(prod: Inventory) -> None:
    there = [each for each in manifests(prod).references if each.name == "service-minio"]
    assert there == [
        Reference("jupyter-users", "service-minio", "MINIO_ACCESS_KEY", "<<declared:minio-access-key>>"),
        Reference("jupyter-users", "service-minio", "MINIO_SECRET_KEY", "<<declared:minio-secret-key>>"),
    ]
