"""The same changes judged by the real engine and its providers, which write manifests into a directory instead of a cluster."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from preview.diff import compare
from preview.recorder import inventory
from tests.preview.conftest import PROGRAMS

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]
KINDS: Final = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
CHANGES: Final[list[dict[str, Any]]] = [
    {},
    {"hub": {"spec.replicas": 2}, "container": {"image": "hub:2"}},
    {"hub": {"spec.selector": {"matchLabels": {"app": "new"}}}},
    {"settings": {"data.motd": "hi"}},
    {"settings": {"metadata.name": "other"}},
    {"settings": {"metadata.labels": {"a": "b"}}},
    {"cluster": {"enable_config_map_mutable": True, "enable_secret_mutable": True}, "settings": {"data.motd": "hi"}},
    {"cluster": {"enable_secret_mutable": True}, "token": {"length": 64}},
    {"service": {"spec.clusterIP": "None"}},
    {"service": {"spec.type": "NodePort"}},
    {"state": {"spec.resources.requests.storage": "1Gi"}},
    {"state": {"spec.storageClassName": "fast"}},
    {"token": {"keepers": {"year": "2027"}}},
    {"password": {"min_lower": 3}},
    {"without_service": True},
]


class Engine:
    """The small program in a project, a state and a manifest directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.project = shutil.copytree(PROGRAMS / "small", directory / "project")
        self._manifests = directory / "manifests"
        (directory / "state").mkdir()
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (self.project / "Pulumi.yaml").write_text(json.dumps({"name": "small", "runtime": runtime}))
        self._environment = os.environ | {
            "PULUMI_BACKEND_URL": (directory / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self.run("stack", "init", "dev")
        self.run("config", "set", "--stack", "dev", "--secret", "apiToken", "canary")
        self._file = self.project / "Pulumi.dev.yaml"
        self._encrypted: dict[str, Any] = yaml.safe_load(self._file.read_text())

    def run(self, *arguments: str) -> str:
        command = ["pulumi", "--non-interactive", *arguments]
        done = subprocess.run(
            command, cwd=self.project, env=self._environment, capture_output=True, text=True, check=False
        )
        # A preview that ends in a refusal, such as of what is protected, has printed its steps all the same.
        assert done.returncode == 0 or "steps" in done.stdout, done.stdout + done.stderr
        return done.stdout

    def settings(self, changes: dict[str, Any]) -> Path:
        cluster = {"context": None, "render_yaml_to_directory": str(self._manifests)} | changes.get("cluster", {})
        config = self._encrypted["config"] | {"small:settings": changes | {"cluster": cluster}}
        self._file.write_text(yaml.safe_dump(self._encrypted | {"config": config}))
        return self._file

    def preview(self) -> dict[str, str]:
        steps = json.loads(self.run("preview", "--stack", "dev", "--json"))["steps"]
        return {
            step["urn"]: KINDS[step["op"]]
            for step in steps
            if step["op"] in KINDS and "pulumi:pulumi:Stack" not in step["urn"]
        }


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    started = Engine(tmp_path_factory.mktemp("engine"))
    started.settings({})
    started.run("up", "--stack", "dev", "--yes", "--skip-preview")
    return started


@pytest.mark.parametrize("changes", CHANGES, ids=json.dumps)
def test_both_judge_a_change_alike(engine: Engine, changes: dict[str, Any]) -> None:
    old = inventory("dev", root=engine.project, stack_file=engine.settings({}))
    new = inventory("dev", root=engine.project, stack_file=engine.settings(changes))
    assert {change.resource.urn: change.kind for change in compare(old, new).changes} == engine.preview()


def test_both_know_every_resource_by_the_same_name(engine: Engine) -> None:
    ours = inventory("dev", root=engine.project, stack_file=engine.settings({}))
    state = json.loads(engine.run("stack", "export", "--stack", "dev"))
    theirs = {resource["urn"] for resource in state["deployment"]["resources"]}
    of_the_engine = {urn for urn in theirs if "pulumi:pulumi:Stack" in urn or "::default_" in urn}
    assert {resource.urn for resource in ours.resources} == theirs - of_the_engine
