"""Buildah with a store of our own: nothing in /var/lib/containers, nothing mounted once a command has ended."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lab import paths
from lab.problem import Problem
from lab.screen import say

HOME = paths.CACHE / "images"
LOGS = HOME / "log"
POLICY = HOME / "policy.json"
RUN = Path("/run/jupyterhub-images")
# Whom to trust is decided by what is built and pinned here, not by signatures.
ANY_ORIGIN = '{"default": [{"type": "insecureAcceptAnything"}]}\n'
# Buildah notes there, whatever its options say, which layers it has seen in which registry.
LEFTOVERS = Path("/var/lib/containers")
# A mount that an ended command leaves behind goes with the namespace.
ALONE = ("unshare", "--mount", "--propagation", "private")
SHOWN_LINES = 30


@contextmanager
def session() -> Generator[None]:
    """The store for one caller at a time, with all that a build needs."""
    missing = [tool for tool in ("buildah", "debootstrap", "unshare") if not shutil.which(tool)]
    if missing:
        raise Problem(f"Building images needs {' and '.join(missing)}: apt-get install buildah debootstrap util-linux")
    if os.geteuid():
        raise Problem("Building images needs root: what is in them belongs to several users.")
    LOGS.mkdir(parents=True, exist_ok=True)
    POLICY.write_text(ANY_ORIGIN)
    with (HOME / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another build of the images to end.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        leftovers_are_ours = not LEFTOVERS.exists()
        try:
            yield
        finally:
            shutil.rmtree(RUN, ignore_errors=True)
            if leftovers_are_ours:
                shutil.rmtree(LEFTOVERS, ignore_errors=True)


def run(*words: str | Path) -> str:
    """The output of a buildah command."""
    done = subprocess.run(_command(*words), check=False, capture_output=True, text=True)
    if done.returncode:
        # Above its last line are the layers it went through and what it tried again.
        raise Problem(f"`buildah {words[0]}` failed: {(done.stderr.strip() or 'without a word').splitlines()[-1]}")
    return done.stdout


def build(tag: str, context: Path, file: Path, options: list[str], *, log: str) -> None:
    """Make an image, with what the build says in a log file."""
    whole = LOGS / f"{log}.log"
    # The isolation that needs neither a container runtime nor a network of its own.
    fixed = ("--signature-policy", POLICY, "--isolation", "chroot", "--network", "host", "--layers")
    with whole.open("w") as output:
        words = _command("bud", *fixed, *options, "--file", file, "--tag", tag, context)
        done = subprocess.run(words, check=False, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        end = "\n".join(whole.read_text(errors="replace").splitlines()[-SHOWN_LINES:])
        raise Problem(f"The build of {tag} failed:\n{end}\nAll it said: {whole}")


def tags() -> list[str]:
    """Every image in the store by its name and tag, the newest first."""
    return run("images", "--format", "{{.Name}}:{{.Tag}}").split()


def _command(*words: str | Path) -> list[str]:
    storage = ("--root", HOME / "store", "--runroot", RUN, "--storage-driver", "overlay")
    return [str(word) for word in (*ALONE, "buildah", *storage, *words)]
