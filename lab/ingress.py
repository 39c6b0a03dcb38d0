"""`lab ingress`: a real Traefik as the cluster's ingress controller, built from source when a stack first asks for it."""

import shutil
import string
from pathlib import Path

from lab import build, definitions, images, paths
from lab.screen import say, step
from lab.up import kubectl, kubectl_apply

SOURCE = paths.HERE / "traefik"
BUILT = paths.CACHE / "traefik"
PROGRAMS = {"traefik": "github.com/traefik/traefik/v3/cmd/traefik"}
MARK = "jupyterhub-lab/controller"
READY_SECONDS = 120


def up() -> None:
    """Have it built, loaded and running; a moment when it is."""
    mark = build.digest((name, (paths.FILES / name).read_bytes()) for name in ("traefik.yaml",)) + target().name
    if serves(mark):
        return
    with step("controller") as note:
        if not target().exists():
            say("  builds Traefik from source (5 to 15 minutes the first time)")
            build.check_go()
            shutil.rmtree(BUILT, ignore_errors=True)
            build.build_all(PROGRAMS, target(), SOURCE)
            note.say("built")
        if images.reference("traefik", target()) not in images.loaded():
            images.load("traefik", target())
        manifest = (paths.FILES / "traefik.yaml").read_text()
        values = {"TRAEFIK_IMAGE": images.reference("traefik", target())}
        kubectl_apply(definitions.of_traefik())
        kubectl_apply(string.Template(manifest).substitute(values))
        wait = ("rollout", "status", "deployment/traefik", f"--timeout={READY_SECONDS}s")
        kubectl("--namespace=kube-system", *wait)
        kubectl("--namespace=kube-system", "annotate", "--overwrite", "deployment/traefik", f"{MARK}={mark}")
        note.say("serves")


def target() -> Path:
    """Where the program of the pinned version is, once built."""
    return BUILT / build.digest((name, (SOURCE / name).read_bytes()) for name in ("go.mod", "go.sum"))


def serves(mark: str) -> bool:
    """Whether it runs as it is described here."""
    where = ("--namespace=kube-system", "get", "deployment", "traefik", "--ignore-not-found")
    path = MARK.replace(".", "\\.")
    found = kubectl(*where, f"--output=jsonpath={{.metadata.annotations.{path}}} {{.status.availableReplicas}}")
    return found == f"{mark} 1"
