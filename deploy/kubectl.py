"""One cluster, reached through kubectl and nothing else."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lab.problem import Problem

FIELD_MANAGER: Final = "jupyterhub-platform"
_BOUNDED: Final = "--request-timeout=20s"

Manifest = Mapping[str, Any]
"""A Kubernetes object as JSON."""


@dataclass(frozen=True)
class Kubectl:
    program: str
    context: str
    kubeconfig: Path | None = None
    """kubectl's own choice (KUBECONFIG, else the home directory's) when absent."""

    def command(self, *words: str) -> list[str]:
        where = [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else []
        return [self.program, *where, f"--context={self.context}", *words]

    def attempt(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """The outcome of a call that may fail."""
        return subprocess.run(self.command(*words), input=stdin, capture_output=True, text=True, check=False)

    def run(self, *words: str, stdin: str | None = None) -> str:
        """The output of a call that has to succeed; the cluster's own words when it does not."""
        done = self.attempt(*words, stdin=stdin)
        if done.returncode:
            raise Problem(f"kubectl {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def get(self, kind: str, name: str, namespace: str = "", *options: str) -> Manifest | None:
        """One object, None where there is none."""
        scope = [f"--namespace={namespace}"] if namespace else []
        found = self.run("get", kind, name, *scope, "--ignore-not-found", "--output=json", _BOUNDED, *options)
        return json.loads(found) if found.strip() else None

    def listed(self, kinds: Iterable[str], *options: str) -> list[Manifest]:
        return json.loads(self.run("get", ",".join(kinds), "--output=json", _BOUNDED, *options))["items"]

    def apply(self, manifests: Iterable[Manifest]) -> list[Manifest]:
        """Apply in order, and return the objects as they are now. Values travel through pipes, never through files."""
        stream = _stream(manifests)
        flags = ("--server-side", f"--field-manager={FIELD_MANAGER}", "--force-conflicts")
        return _items(self.run("apply", *flags, "--filename=-", "--output=json", stdin=stream)) if stream else []

    def fetch(self, stubs: Iterable[Manifest], *options: str) -> list[Manifest]:
        """Those of the objects that exist."""
        stream = _stream(stubs)
        flags = ("--filename=-", "--ignore-not-found", "--output=json", *options)
        return _items(self.run("get", *flags, stdin=stream)) if stream else []

    def delete(self, stubs: Iterable[Manifest]) -> list[str]:
        """Delete in order, wait until all are gone, and return kubectl's line about each."""
        stream = _stream(stubs)
        flags = ("--filename=-", "--ignore-not-found", "--timeout=300s")
        return self.run("delete", *flags, stdin=stream).splitlines() if stream else []

    def disown(self, stubs: Iterable[Manifest], manager: str) -> None:
        """Strike a field manager, and what begins with its name, off the objects; the fields stay with the others."""
        for found in self.fetch(stubs, "--show-managed-fields"):
            patch = _striking(found["metadata"].get("managedFields", ()), manager)
            if patch:
                stream = _stream([{key: found[key] for key in ("apiVersion", "kind", "metadata")}])
                self.run("patch", "--filename=-", "--type=json", f"--patch={json.dumps(patch)}", stdin=stream)


def _striking(fields: Sequence[Manifest], manager: str) -> list[Manifest]:
    """A JSON patch, from the last entry to the first; it fails if the entries have moved meanwhile."""
    patch: list[Manifest] = []
    for place, field in reversed(list(enumerate(fields))):
        if field["manager"].startswith(manager):
            path = f"/metadata/managedFields/{place}"
            patch.append({"op": "test", "path": f"{path}/manager", "value": field["manager"]})
            patch.append({"op": "remove", "path": path})
    return patch


def _stream(manifests: Iterable[Manifest]) -> str:
    """One list: not every kubectl reads several JSON documents. Empty for nothing."""
    items = list(manifests)
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}) if items else ""


def _items(answer: str) -> list[Manifest]:
    """kubectl writes nothing for nothing, one object for one, and a list for more."""
    if not answer.strip():
        return []
    found = json.loads(answer)
    return found["items"] if found["kind"] == "List" else [found]
