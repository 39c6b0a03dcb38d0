"""Buildah with a store of our own: nothing in /var/lib/containers, nothing mounted once a command has ended."""

import subprocess
from pathlib import Path

from lab import paths
from lab.problem import Problem

HOME = paths.CACHE / "images"
STORE = HOME / "store"
LOGS = HOME / "log"
POLICY = HOME / "policy.json"
RUN = Path("/run/jupyterhub-images")
# Whom to trust is decided by what is built and pinned here, not by signatures.
ANY_ORIGIN = '{"default": [{"type": "insecureAcceptAnything"}]}\n'
SHOWN_LINES = 30


def command(*words: str | Path) -> list[str]:
    """A buildah command line, in a mount namespace of its own."""
    storage = ("--root", STORE, "--runroot", RUN, "--storage-driver", "overlay")
    line = ("unshare", "--mount", "--propagation", "private", "buildah", *storage, *words)
    return [str(word) for word in line]


def run(*words: str | Path, log: str | None = None) -> str:
    """The output of a buildah command. With `log`, everything it says goes to that file instead."""
    LOGS.mkdir(parents=True, exist_ok=True)
    POLICY.write_text(ANY_ORIGIN)
    if log is None:
        done = subprocess.run(command(*words), check=False, capture_output=True, text=True)
        said = done.stdout + done.stderr
    else:
        with (LOGS / f"{log}.log").open("w") as file:
            done = subprocess.run(command(*words), check=False, stdout=file, stderr=subprocess.STDOUT)
        said = (LOGS / f"{log}.log").read_text(errors="replace")
    if done.returncode:
        end = "\n".join(said.strip().splitlines()[-SHOWN_LINES:])
        whole = f"\nAll of it: {LOGS / log}.log" if log else ""
        raise Problem(f"`buildah {words[0]}` failed:\n{end}{whole}")
    return done.stdout or ""


def tags() -> set[str]:
    """Every image in the store, by its name and tag."""
    return set(run("images", "--format", "{{.Name}}:{{.Tag}}").split())
