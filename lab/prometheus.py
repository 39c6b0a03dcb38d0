"""Prometheus, promtool and kube-state-metrics, from their sources: what tests of the monitoring run. `lab up` does without."""

import shutil
from pathlib import Path

from lab import build, paths

SOURCE = paths.HERE / "monitoring"
BUILT = paths.CACHE / "monitoring"
PROGRAMS = {
    "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
    "promtool": "github.com/prometheus/prometheus/cmd/promtool",
    "kube-state-metrics": "k8s.io/kube-state-metrics/v2",
}
# Of all that Prometheus can find its targets through, only Kubernetes: the rest is the larger part of the build.
TAGS = "remove_all_sd,enable_kubernetes_sd"


def target() -> Path:
    """Where the programs of the pinned versions are, once built."""
    return BUILT / build.digest((name, (SOURCE / name).read_bytes()) for name in ("go.mod", "go.sum"))


def programs() -> Path:
    """The folder that holds them, built if they are not yet there: minutes the first time, from the Go module proxy."""
    if not target().exists():
        build.check_go()
        shutil.rmtree(BUILT, ignore_errors=True)
        build.build_all(PROGRAMS, target(), SOURCE, build.STRIPPED, f"-tags={TAGS}")
    return target()
