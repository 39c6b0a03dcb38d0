"""Asks the cluster what people keep there, in every way a change can come about, before it does."""

from collections.abc import Iterable

import pulumi

from components.kubeconfig import is_recorded
from deploy import cluster, holdings, keeping
from deploy.kubectl import Kubectl, Manifest
from lab.problem import Problem
from settings import Settings, SettingsError


def require(settings: Settings, stack: str, source: str, kubectl: Kubectl) -> None:
    keeping.require(settings, source, holdings.on_cluster(kubectl, stack, settings.namespace))


def check(settings: Settings, stack: str, source: str) -> None:
    """Under the engine, before the first resource. A preview may do without the cluster, and says that it did."""
    if is_recorded():
        return
    if unknown := judge(settings, stack, source, None):
        if not pulumi.runtime.is_dry_run():
            raise pulumi.RunError(
                f"nothing was changed, because it could not be compared with the homes there are: {unknown}"
            )
        pulumi.log.warn(f"not compared with the homes there are: {unknown}")


def judge(settings: Settings, stack: str, source: str, declared: Iterable[Manifest] | None) -> str | None:
    """By what the cluster holds, else by what was declared before; the reason where neither can be had."""
    try:
        kubectl = cluster.reach(settings.cluster)
        held = holdings.on_cluster(kubectl, stack, settings.namespace)
    except (Problem, SettingsError) as reason:
        if declared is None:
            # The stack file is in order: it is this machine that knows no such cluster.
            return str(reason) if isinstance(reason, Problem) else "; ".join(map(str, reason.problems))
        held = holdings.declared(declared)
    keeping.require(settings, source, held)
    return None
