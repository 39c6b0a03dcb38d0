"""Prometheus, promtool and kube-state-metrics, from their sources: what tests of the monitoring run. `lab up` does without."""

import shutil
import subprocess
from pathlib import Path

from lab import build, paths
from lab.problem import Problem

SOURCE = paths.HERE / "monitoring"
BUILT = paths.CACHE / "monitoring"
# Of all that Prometheus can find its targets through, only Kubernetes: the rest is the larger part of the build.
TAGS = "remove_all_sd,enable_kubernetes_sd"


def target() -> Path:
    """Where the programs of the pinned versions are, once built."""
    return BUILT / build.digest((name, (SOURCE / name).read_bytes()) for name in ("go.mod", "go.sum"))


def programs() -> Path:
    """The folder that holds them, built if they are not yet there: minutes the first time, from the Go module proxy."""
    if not target().exists():
        build.check_go()
        _build()
    return target()


def _build() -> None:
    unfinished = target().with_suffix(".unfinished")
    shutil.rmtree(BUILT, ignore_errors=True)
    unfinished.mkdir(parents=True)
    command = ["nice", "-n", "10", "go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]
    command += [f"-tags={TAGS}", "-o", f"{unfinished}/", "tool"]
    with subprocess.Popen(command, cwd=SOURCE, env=build.environment(), stderr=subprocess.PIPE, text=True) as process:
        said = build.follow(process.stderr or ())
    if process.returncode:
        raise Problem(f"Building Prometheus failed. Once the cause is gone, run this again.\n{said}")
    unfinished.replace(target())
