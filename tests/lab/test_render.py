"""What `make render` writes is what a real API server takes, field by field, without changing anything."""

import json
import secrets
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.paths import KUBECONFIG, KUBECTL
from preview.recorder import inventory
from preview.render import render
from settings.load import SETTINGS_KEY, stack_file
from tests.e2e.cluster import kubectl

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def namespace() -> Generator[str]:
    """Both namespaces have to exist before anything in them can be judged."""
    name = f"render-{secrets.token_hex(3)}"
    for made in (name, f"{name}-users"):
        kubectl("create", "namespace", made)
    yield name
    kubectl("delete", "namespace", name, f"{name}-users", "--wait=false")


def rendered(stack: str, namespace: str, directory: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(stack_file(stack).read_text())
    content["config"][SETTINGS_KEY]["namespace"]["name"] = namespace
    changed = directory / f"Pulumi.{stack}.yaml"
    changed.write_text(yaml.safe_dump(content))
    out = directory / "manifests"
    count = render(inventory(stack, stack_file=changed), out)
    manifests = [yaml.safe_load(path.read_text()) for path in sorted(out.glob("[0-9]*.yaml"))]
    assert len(manifests) == count
    return manifests


def dry_run(manifests: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    flags = ("--server-side", "--dry-run=server", "--validate=strict", "--field-manager=jupyterhub-platform")
    return subprocess.run(
        [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "apply", *flags, "--force-conflicts", "--filename=-"],
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("stack", ["dev", "e2e"])
def test_the_api_server_takes_every_manifest(stack: str, namespace: str, tmp_path: Path) -> None:
    manifests = rendered(stack, namespace, tmp_path)
    done = dry_run(manifests)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(manifests)
    # Pod Security and deprecations are told as warnings.
    assert done.stderr == ""


@pytest.mark.parametrize("kind", ["Deployment", "NetworkPolicy", "Secret"])
def test_a_field_that_does_not_exist_is_refused(kind: str, namespace: str, tmp_path: Path) -> None:
    manifests = rendered("dev", namespace, tmp_path)
    wrong = next(manifest for manifest in manifests if manifest["kind"] == kind)
    (wrong.get("spec") or wrong)["replicsa"] = 1
    done = dry_run(manifests)
    assert done.returncode != 0
    assert "replicsa" in done.stderr
