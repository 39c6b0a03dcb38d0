"""What stacks of other clusters declare is held to the real definitions, of a mesh and a controller the lab does not run too."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import definitions
from preview.recorder import inventory
from preview.render import render
from tests.e2e.cluster import kubectl
from tests.lab.test_render import dry_run

pytestmark = pytest.mark.lab

STACKS = ("254carbon-gitops", "thinkube", "urbalurba-aks")
OF_A_MESH = {"PeerAuthentication": "mtls", "AuthorizationPolicy": "rules"}


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """One that stands for all that exist over there."""
    name = f"elsewhere-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    kubectl("label", "namespace", name, "pod-security.kubernetes.io/warn=restricted")
    kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", given=definitions.of_traefik())
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def rendered(stack: str, namespace: str, directory: Path) -> list[dict[str, Any]]:
    render(inventory(stack, preview=True, known=True), directory / "manifests")
    manifests = [yaml.safe_load(path.read_text()) for path in sorted((directory / "manifests").glob("[0-9]*.yaml"))]
    for manifest in manifests:
        if "namespace" in manifest["metadata"]:
            manifest["metadata"]["namespace"] = namespace
    return manifests


@pytest.mark.parametrize("stack", STACKS)
def test_the_api_server_takes_every_manifest(stack: str, namespace: str, tmp_path: Path) -> None:
    manifests = rendered(stack, namespace, tmp_path)
    done = dry_run(manifests)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(manifests)
    assert done.stderr == ""


@pytest.mark.parametrize("kind", OF_A_MESH)
def test_a_field_the_mesh_does_not_know_is_refused(kind: str, namespace: str, tmp_path: Path) -> None:
    wrong = next(found for found in rendered("254carbon-gitops", namespace, tmp_path) if found["kind"] == kind)
    wrong["spec"]["mtlss"] = wrong["spec"].pop(OF_A_MESH[kind])
    done = dry_run([wrong])
    assert done.returncode != 0
    assert "mtlss" in done.stderr
