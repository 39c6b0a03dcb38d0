"""The one cluster a stack file names: brought up if it is the lab, merely reached if it is somebody's own."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence

from components.kubeconfig import require_context
from deploy.kubectl import Kubectl
from images.catalogue import UnpinnedImages, stale
from lab import paths as lab
from lab.problem import Problem
from settings import Settings
from settings.cluster import Cluster, Lab
from settings.exposure import Ingress
from settings.load import ROOT


def prepare(settings: Settings, stack: str) -> None:
    """Whatever has to be there before anything can be applied: the lab with our images in it, or their digests."""
    if isinstance(settings.cluster, Lab):
        _run_module("lab", "up")
        _run_module("images", "load", *settings.images)
        if isinstance(settings.exposure, Ingress):
            _run_module("lab", "ingress")
    else:
        require_context(settings.cluster, f"Pulumi.{stack}.yaml")
        require_pins(stack, settings.images)


def push_images(stack: str, settings: Settings, options: Iterable[str]) -> None:
    _run_module("images", "push", *settings.images, f"--stack={stack}", *options)


def require_pins(stack: str, names: Iterable[str]) -> None:
    try:
        changed = stale(stack, names)
    except UnpinnedImages as problem:
        raise Problem(str(problem)) from problem
    if changed:
        raise Problem(
            f"images/{stack}.lock.json: {', '.join(changed)} changed since they were pushed. Push and pin them with: "
            f"make images REGISTRY=<registry> STACK={stack}"
        )


def reach(cluster: Cluster) -> Kubectl:
    """kubectl for the cluster, which has to answer."""
    kubectl = _kubectl(cluster)
    done = kubectl.attempt("get", "--raw=/readyz", "--request-timeout=10s")
    if done.returncode:
        mend = (
            "run `make lab`"
            if isinstance(cluster, Lab)
            else "start it, log in to it, or name another in cluster.context"
        )
        raise Problem(f"the cluster {kubectl.context!r} does not answer: {done.stderr.strip()}\n{mend}")
    return kubectl


def identity(kubectl: Kubectl) -> str:
    """What tells this cluster from every other, whatever it is called and wherever it is reached."""
    found = kubectl.get("namespace", "kube-system")
    if found is None:
        raise Problem(f"the cluster {kubectl.context!r} has no namespace kube-system, by which it is told from others")
    return found["metadata"]["uid"]


def _kubectl(cluster: Cluster) -> Kubectl:
    if isinstance(cluster, Lab):
        if not lab.KUBECONFIG.exists() or not lab.KUBECTL.exists():
            raise Problem("the lab has never been up on this machine; run `make lab`")
        return Kubectl(str(lab.KUBECTL), lab.CONTEXT, lab.KUBECONFIG)
    require_context(cluster, "the stack file")
    program = shutil.which("kubectl")
    if program is None:
        raise Problem("kubectl is not on PATH; install it, this stack lives on a cluster of your own")
    return Kubectl(program, cluster.context)


def _run_module(*words: str) -> None:
    """Run a command of this repository in a process of its own; it explains itself."""
    command: Sequence[str] = (sys.executable, "-m", *words)
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise Problem(f"`python3 -m {' '.join(words)}` did not succeed; its last lines say why")
