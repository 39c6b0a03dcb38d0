"""The way with the engine: a real `pulumi up`, in a directory of its own beside the state.

The directory holds a copy of the stack file, so that neither a secret nor a salt ever reaches the committed one.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from components.identity.login import WITHOUT_REALM
from deploy import events, leftovers, state
from deploy.console import note
from lab.paths import CACHE
from lab.problem import Problem
from preview.inventory import Declared
from settings.load import ROOT

_STATE: Final = CACHE / "state"
_SALT: Final = "encryptionsalt"
_STOP_SECONDS: Final = 60.0

Watch = Callable[[Callable[[], bool]], None]
"""Looks on for as long as what it is given says that the engine works, and raises when it is pointless to go on."""


@dataclass(frozen=True)
class Engine:
    program: Path
    stack: str
    source: Path
    """The stack file."""
    home: Path
    """Passphrase, state and copies of stack files, one directory per cluster: a fresh clone finds them again."""

    @property
    def directory(self) -> Path:
        return self.home / "stacks" / self.stack

    @property
    def backend(self) -> Path:
        return self.home / "backend"

    @property
    def copy(self) -> Path:
        return self.directory / f"Pulumi.{self.stack}.yaml"

    def prepare(self, given: Mapping[str, str]) -> None:
        """Write what the engine reads, clear what a killed run left behind, and select the stack."""
        for directory in (self.directory, self.backend):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self.directory / "Pulumi.yaml", yaml.safe_dump(project()))
        write_private(self.copy, yaml.safe_dump(merged(_load(self.source), _load(self.copy))))
        if not self._passphrase.exists():
            write_private(self._passphrase, secrets.token_hex(32))
        leftovers.end_processes(str(self.directory))
        leftovers.clear_locks(self.backend)
        self.call("stack", "select", "--create", self.stack)
        if settled := state.without_pending(self._state()):
            self._replace(settled)
        for name, value in sorted(given.items()):
            self.call("config", "set", "--secret", name, stdin=value)

    def up(self, watch: Watch, declared: Collection[str], without: Iterable[str] = ()) -> None:
        """From what is really there: a killed run, or somebody's hand, may have changed more than the state knows."""
        stored = self._state()
        if gone := state.left_behind(stored, declared):
            self._replace(state.released(stored, gone))
            for urn in gone:
                note(f"{urn.rpartition('::')[2]} is no longer declared, and kept for the data it holds")
        self._work(watch, "up", "--refresh", *(f"--exclude={name}" for name in without))

    def down(self, *, data: bool) -> None:
        if data:
            self.call("state", "unprotect", "--all", "--yes")
        self._work(_patiently, "destroy", *(() if data else ("--exclude-protected",)))
        if data:
            self.forget()

    def adopt(self, generated: Iterable[str], values: Mapping[str, str]) -> None:
        """Make the generated resources of a stack that kubectl brought up, with the values it has already."""
        self.call("config", "set", WITHOUT_REALM, "true")
        self._work(_patiently, "up", *(f"--target={urn}" for urn in generated))
        self.call("config", "rm", WITHOUT_REALM)
        self._replace(state.with_values(self._state("--show-secrets"), values))

    def secret(self, name: str) -> str:
        return self.call("config", "get", name).removesuffix("\n")

    def known(self) -> set[str]:
        """What the state names."""
        return {found["urn"] for found in self._state()["deployment"].get("resources") or ()}

    def take_over(self, declared: Iterable[Declared], held: Mapping[str, state.Adopted]) -> None:
        """Write down what is there already, so that it is not made again."""
        if held.keys() - self.known():
            self._replace(state.adopted(self._state(), declared, held))

    def forget(self) -> None:
        """Drop the stack from the state; whatever it made stays where it is."""
        self.call("stack", "rm", self.stack, "--yes", "--force", "--preserve-config")

    def call(self, *words: str, stdin: str | None = None) -> str:
        """A short command that has to succeed."""
        done = subprocess.run(
            [self.program, *words, "--non-interactive"],
            cwd=self.directory,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem(f"pulumi {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """The user's own backend where there is one, else ours, with a passphrase of ours."""
        environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", leftovers.MARK: str(self.directory)}
        if not logged_in(environment):
            # Attributes are a file beside each file, written in place: a kill leaves it empty, and the state cannot be read.
            environment["PULUMI_BACKEND_URL"] = f"file://{self.backend}?metadata=skip"
            if _SALT not in _load(self.source):
                environment.pop("PULUMI_CONFIG_PASSPHRASE", None)
                environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(self._passphrase)
        return environment

    def _state(self, *options: str) -> state.State:
        return json.loads(self.call("stack", "export", *options))

    def _replace(self, replacement: state.State) -> None:
        self.call("stack", "import", stdin=json.dumps(replacement))

    @property
    def _passphrase(self) -> Path:
        return self.home / "passphrase"

    def _work(self, watch: Watch, *words: str) -> None:
        """A long command. What it reports goes into a file, so that it never depends on us to read it."""
        report = self.directory / "report.jsonl"
        write_private(report, "")
        command = [
            self.program,
            *words,
            "--yes",
            "--skip-preview",
            "--json",
            "--non-interactive",
            f"--stack={self.stack}",
        ]
        with report.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=self.directory,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,  # an interrupt from the keyboard reaches it once, through us
            )
        reader = events.Reader(report)

        def working() -> bool:
            alive = process.poll() is None
            for line in reader.new_lines():
                note(line)
            return alive

        try:
            watch(working)
        except BaseException:
            _interrupt(process)
            working()
            raise
        report.unlink()  # it names what the engine made, generated values included
        if process.returncode:
            raise Problem(
                f"pulumi {words[0]} has failed; the lines above say why, and the same command goes on from here"
            )


def engine_home(cluster: str) -> Path:
    return _STATE / cluster


def project() -> dict[str, Any]:
    """Our Pulumi.yaml, for a directory elsewhere."""
    content = _load(ROOT / "Pulumi.yaml")
    content["main"] = str(ROOT)
    content["runtime"]["options"]["virtualenv"] = str(Path(sys.prefix).resolve())
    return content


def merged(source: Mapping[str, Any], copy: Mapping[str, Any]) -> dict[str, Any]:
    """The stack file, with the salt that an earlier run put into the copy."""
    return ({_SALT: copy[_SALT]} if _SALT in copy else {}) | dict(source)


def logged_in(environment: Mapping[str, str]) -> bool:
    """Whether the user has chosen a backend."""
    if "PULUMI_BACKEND_URL" in environment or "PULUMI_ACCESS_TOKEN" in environment:
        return True
    home = environment.get("PULUMI_CREDENTIALS_PATH") or environment.get("PULUMI_HOME") or str(Path.home() / ".pulumi")
    try:
        return bool(json.loads((Path(home) / "credentials.json").read_text()).get("current"))
    except (FileNotFoundError, ValueError):
        return False


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)


def _patiently(working: Callable[[], bool]) -> None:
    while working():
        time.sleep(0.2)


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Ask the engine to stop, so that it writes down what it has done; a second time makes it hurry."""
    for _ in range(2):
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS / 2)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) if path.exists() else {}
