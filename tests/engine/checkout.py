"""A checkout of its own, with a stack file nobody else sees, and the two commands that read it: `pulumi` and `deploy`."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from deploy import forward, reach
from deploy.engine import engine_home
from preview.inventory import Inventory
from preview.recorder import inventory
from settings.extends import extended
from settings.load import ROOT, SETTINGS_KEY, settings_of
from tests.e2e.cluster import kubectl
from tests.ports import free_port

_STACK_TYPE: Final = "pulumi:pulumi:Stack"
_NOT_COPIED: Final = shutil.ignore_patterns(".git", ".venv", ".platform", ".*_cache", "__pycache__", "rendered")
_CHOSEN_BY_THE_USER: Final = ("PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "WAY")


class Checkout:
    """The sources as they are here, and one stack in namespaces of its own."""

    def __init__(self, directory: Path, template: str, **changes: Any) -> None:
        self.stack = f"engine-{secrets.token_hex(3)}"
        self.namespaces = (self.stack, f"{self.stack}-users")
        self.root = shutil.copytree(ROOT, directory / "checkout", ignore=_NOT_COPIED)
        (self.root / ".venv").symlink_to(Path(sys.prefix).resolve())
        self._backend = directory / "backend"
        self._backend.mkdir()
        self._credentials = directory / "credentials"
        self._settings: Any = extended(settings_of(template), template, settings_of)
        self.change({"namespace.name": self.stack, **self._ports(), **changes})

    def _ports(self) -> dict[str, int]:
        """Of this machine, where the template has some."""
        places = {
            "exposure.port": self._settings["exposure"],
            "identity.server.port": self._settings["identity"].get("server", {}),
        }
        return {key: free_port() for key, section in places.items() if "port" in section}

    @property
    def file(self) -> Path:
        return self.root / f"Pulumi.{self.stack}.yaml"

    def change(self, changes: dict[str, Any]) -> None:
        """Write the stack file with other values at some dotted keys; what the engine keeps in it stays."""
        for key, value in changes.items():
            *path, last = (int(part) if part.isdigit() else part for part in key.split("."))
            section: Any = self._settings
            for part in path:
                section = section[part]
            section[last] = value
        content: dict[str, Any] = yaml.safe_load(self.file.read_text()) if self.file.exists() else {"config": {}}
        content["config"][SETTINGS_KEY] = self._settings
        self.file.write_text(yaml.safe_dump(content))

    @contextmanager
    def changed(self, changes: dict[str, Any]) -> Generator[None]:
        """The same, for a while."""
        settings, content = deepcopy(self._settings), self.file.read_text()
        self.change(changes)
        yield
        self._settings = settings
        self.file.write_text(content)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._settings['exposure']['port']}"

    def give(self, secrets: Mapping[str, str]) -> None:
        """The secrets it asks for, as files that nobody else may read."""
        folder = self.root / ".platform" / "secrets" / self.stack
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, value in secrets.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(value)

    def declared(self) -> Inventory:
        """What the preview without an engine lists."""
        return inventory(self.stack, root=self.root)

    def pulumi(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The engine itself, with a backend of the test's own and nothing of ours around it."""
        environment = {"PULUMI_BACKEND_URL": self._backend.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "of a test"}
        return self._pulumi(self.root, environment, words, check=check)

    def deployed(self) -> dict[str, Any]:
        """The state that `deploy` has its engine keep."""
        return json.loads(self.engine("stack", "export").stdout)["deployment"]

    def engine(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The engine as `deploy` uses it."""
        home = self.engine_directory.parent.parent
        environment = {
            "PULUMI_BACKEND_URL": (home / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(home / "passphrase"),
        }
        return self._pulumi(self.engine_directory, environment, words)

    def _pulumi(
        self, directory: Path, environment: dict[str, str], words: Sequence[str], *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", "--non-interactive", "--color=never", *words, f"--stack={self.stack}"]
        environment = self.environment | environment
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done

    def init(self) -> None:
        self.pulumi("stack", "init", "--no-select")

    def deploy(self, *words: str) -> str:
        """What `make up` and its relatives run; its output."""
        with self.started(*words) as process:
            said, _ = process.communicate()
        assert process.returncode == 0, said
        return said

    def started(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "deploy", words[0], f"--stack={self.stack}", *words[1:]]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        """Without any backend that whoever runs the tests has logged in to."""
        kept = {name: value for name, value in os.environ.items() if name not in _CHOSEN_BY_THE_USER}
        return kept | {"PULUMI_CREDENTIALS_PATH": str(self._credentials), "PULUMI_SKIP_UPDATE_CHECK": "true"}

    @property
    def engine_directory(self) -> Path:
        """Where `deploy` has the engine work."""
        cluster = json.loads(kubectl("get", "namespace", "kube-system", "--output=json"))["metadata"]["uid"]
        return engine_home(cluster) / "stacks" / self.stack

    def remove(self) -> None:
        """Whatever became of the test, leave nothing of it on the cluster or on this machine."""
        reach.disconnect(self.stack)
        kubectl("delete", "namespace", *self.namespaces, "--ignore-not-found", "--wait=false", check=False)
        for directory in engine_home("any").parent.glob(f"*/stacks/{self.stack}"):
            shutil.rmtree(directory)
        for file in (forward.log_of(self.stack), forward.RUN / f"{self.stack}.lock"):
            file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Changes:
    """What the engine says it would change, or has changed: the step by the resource's name in the program."""

    steps: dict[str, str]
    unchanged: int


def preview(checkout: Checkout) -> Changes:
    report: dict[str, Any] = json.loads(checkout.pulumi("preview", "--json").stdout)
    steps = {_name(step["urn"]): step["op"] for step in report.get("steps", ()) if step["op"] != "same"}
    return Changes(steps, report["changeSummary"].get("same", 0))


def up(checkout: Checkout) -> Changes:
    reported = checkout.pulumi("up", "--yes", "--skip-preview", "--json").stdout
    done = [
        event["resOutputsEvent"]["metadata"]
        for line in reported.splitlines()
        if "resOutputsEvent" in (event := json.loads(line))
    ]
    steps = {_name(step["urn"]): step["op"] for step in done if step["op"] != "same"}
    return Changes(steps, sum(step["op"] == "same" for step in done))


def resources(checkout: Checkout) -> list[dict[str, Any]]:
    return declared_in(json.loads(checkout.pulumi("stack", "export").stdout)["deployment"])


def declared_in(deployment: dict[str, Any]) -> list[dict[str, Any]]:
    """What a state holds, save what the engine adds by itself: the stack, and providers nobody asked for."""
    return [found for found in deployment.get("resources", ()) if not _added(found["urn"])]


def _added(urn: str) -> bool:
    return f"::{_STACK_TYPE}::" in urn or "::pulumi:providers:random::default_" in urn


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
