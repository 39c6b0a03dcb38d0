"""A stack that names a context lives on that cluster and on no other, whichever is the current one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.kubeconfig import require_context
from deploy import cluster
from lab import paths
from settings import SettingsError
from settings.cluster import Context, Lab
from settings.load import ROOT

WANTED = Context(kind="context", context="rancher-desktop")


def kubeconfig(*contexts: str) -> dict[str, Any]:
    """The first context is the current one. Nobody listens there."""
    there = {"server": "https://127.0.0.1:1"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": contexts[0] if contexts else "",
        "clusters": [{"name": "a", "cluster": there}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": "a", "user": "me"}} for name in contexts],
    }


def written(directory: Path, *contents: object) -> list[str]:
    files = [directory / f"config-{number}" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        if content is not None:
            file.write_text(content if isinstance(content, str) else json.dumps(content))
    return [str(file) for file in files]


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        ([kubeconfig("rancher-desktop")], None),
        ([kubeconfig("prod", "rancher-desktop")], None),
        ([kubeconfig("prod"), None, kubeconfig("rancher-desktop")], None),
        ([kubeconfig("prod", "aks")], "which has aks, prod; log in"),
        ([kubeconfig("rancher")], "which has rancher; log in"),
        ([kubeconfig("rancher-desktop-2"), kubeconfig("prod")], "which has prod, rancher-desktop-2; log in"),
        ([kubeconfig()], "which has no context; log in"),
        ([{**kubeconfig(), "contexts": None}], "which has no context; log in"),
        ([""], "which has no context; log in"),
        ([None], "which has no context; log in"),
        (["contexts: ["], "is unreadable"),
        (["just words"], "is no kubeconfig"),
        (["contexts: [rancher-desktop]"], "is no kubeconfig"),
        (["{apiVersion: v1}"], "is no kubeconfig"),
    ],
)
def test_the_context_has_to_be_there(
    contents: list[object], complaint: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(written(tmp_path, *contents)))
    require_context(Lab(kind="lab"), "Pulumi.dev.yaml")
    if complaint is None:
        require_context(WANTED, "Pulumi.urbalurba.yaml")
        return
    with pytest.raises(SettingsError) as refusal:
        require_context(WANTED, "Pulumi.urbalurba.yaml")
    [problem] = refusal.value.problems
    assert problem.key == "cluster.context"
    assert complaint in problem.complaint


def test_without_a_word_it_is_looked_for_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="no context"):
        require_context(WANTED, "Pulumi.urbalurba.yaml")
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(json.dumps(kubeconfig("rancher-desktop")))
    require_context(WANTED, "Pulumi.urbalurba.yaml")


@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_whatever_is_asked_for_says_once_that_the_context_is_missing(verb: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy", verb, "--stack=urbalurba"],
        cwd=ROOT,
        env=os.environ | {"KUBECONFIG": written(tmp_path, kubeconfig("prod"))[0]},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert said.count("cluster.context: 'rancher-desktop' is not in your kubeconfig") == 1, said
    assert "Traceback" not in said


@pytest.mark.lab
def test_the_context_that_is_named_is_used_and_not_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = json.loads(paths.KUBECONFIG.read_text())
    lab["contexts"][0]["name"] = lab["current-context"] = WANTED.context
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(written(tmp_path, kubeconfig("prod"), lab)))
    monkeypatch.setenv("PATH", f"{paths.KUBECTL.parent}{os.pathsep}{os.environ['PATH']}")
    assert shutil.which("kubectl") == str(paths.KUBECTL)
    here = cluster.identity(cluster.reach(Lab(kind="lab")))
    assert cluster.identity(cluster.reach(WANTED)) == here
