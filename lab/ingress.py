"""`lab ingress`: a real Traefik as the cluster's ingress controller, built from source when a stack first asks for it."""

import json
import shutil
import string
import subprocess
import tempfile
from pathlib import Path

from lab import build, definitions, images, paths
from lab.problem import Problem
from lab.screen import say, step
from lab.up import kubectl, kubectl_apply

SOURCE = paths.HERE / "traefik"
BUILT = paths.CACHE / "traefik"
NO_PROVIDERS = "no_dns_providers.go"
PROVES_NAMES = "github.com/go-acme/lego/v4"
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
            compile_program()
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
    return BUILT / build.digest((name, (SOURCE / name).read_bytes()) for name in ("go.mod", "go.sum", NO_PROVIDERS))


def serves(mark: str) -> bool:
    """Whether it runs as it is described here."""
    where = ("--namespace=kube-system", "get", "deployment", "traefik", "--ignore-not-found")
    path = MARK.replace(".", "\\.")
    found = kubectl(*where, f"--output=jsonpath={{.metadata.annotations.{path}}} {{.status.availableReplicas}}")
    return found == f"{mark} 1"


def compile_program() -> None:
    build.check_go()
    unfinished = target().with_suffix(".unfinished")
    shutil.rmtree(BUILT, ignore_errors=True)
    unfinished.mkdir(parents=True)
    command = ["nice", "-n", "10", "go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]
    with tempfile.TemporaryDirectory(dir=BUILT) as folder:
        command += [f"-modfile={modules_without_providers(Path(folder))}", "-o", f"{unfinished}/", "tool"]
        with subprocess.Popen(
            command, cwd=SOURCE, env=build.environment(), stderr=subprocess.PIPE, text=True
        ) as process:
            said = build.follow(process.stderr or ())
    if process.returncode:
        raise Problem(f"Building Traefik failed. Once the cause is gone, run this again.\n{said}")
    unfinished.replace(target())


def modules_without_providers(folder: Path) -> Path:
    """The file that names the modules of the build; one of them is a copy, cut down, in the same folder."""
    command = ("go", "mod", "download", "-json", PROVES_NAMES)
    done = subprocess.run(command, cwd=SOURCE, env=build.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"{PROVES_NAMES} cannot be fetched: {done.stderr.strip() or done.stdout.strip()}")
    copy = shutil.copytree(json.loads(done.stdout)["Dir"], folder / "lego")
    shutil.copy(SOURCE / NO_PROVIDERS, copy / "providers" / "dns" / "zz_gen_dns_providers.go")
    shutil.copy(SOURCE / "go.sum", folder)
    modules = folder / "go.mod"
    modules.write_text(f"{(SOURCE / 'go.mod').read_text()}\nreplace {PROVES_NAMES} => {copy}\n")
    return modules
