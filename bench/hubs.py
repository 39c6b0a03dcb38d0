"""A running hub as its users meet it: how long a click takes to become a server, and a lost hub to serve again."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.figures import Series, Table, extent, ratio, seconds
from bench.visitor import Visitor
from components.naming import HUB
from deploy.console import say
from deploy.kubectl import Kubectl
from lab.problem import Problem

_PATIENCE: Final = 180.0
_PAUSE: Final = 0.05
_TAIL: Final = 95
_ENOUGH_FOR_TAIL: Final = 20


@dataclass(frozen=True)
class RunningHub:
    title: str
    namespace: str
    visitors: Sequence[Visitor]
    options: Mapping[str, str]
    """What the form says when it is sent as it is."""


def clicks(hubs: Sequence[RunningHub], runs: int) -> str:
    """The hubs take turns, so that what else the machine does falls on all of them alike."""
    for hub in hubs:
        for visitor in hub.visitors:
            visitor.log_in()
            visitor.stop()
            say(f"{hub.title}: {visitor.name}, a first time: {visitor.start(hub.options):.2f} s, not counted")
            visitor.stop()
    taken: list[list[float]] = [[] for _ in hubs]
    for turn in range(runs):
        for hub, values in zip(hubs, taken, strict=True):
            visitor = hub.visitors[turn % len(hub.visitors)]
            values.append(visitor.start(hub.options))
            say(f"{hub.title}: spawn {turn + 1} of {runs}, {visitor.name}: {values[-1]:.2f} s")
            visitor.stop()
    return side_by_side("from the click to the server's answer", hubs, [Series(tuple(values)) for values in taken])


def restarts(hubs: Sequence[RunningHub], runs: int, kubectl: Kubectl) -> str:
    for hub in hubs:
        hub.visitors[0].log_in()
    taken: list[list[float]] = [[] for _ in hubs]
    for turn in range(runs):
        for hub, values in zip(hubs, taken, strict=True):
            values.append(_restart(hub, kubectl))
            say(f"{hub.title}: restart {turn + 1} of {runs}: {values[-1]:.2f} s")
            _rest(hub, kubectl)
    return side_by_side("from `kubectl delete pod` to a page served", hubs, [Series(tuple(values)) for values in taken])


def side_by_side(what: str, hubs: Sequence[RunningHub], taken: Sequence[Series]) -> str:
    """One row per hub, the first one ours; beside each other one how ours compares with it."""
    rows = [
        (
            hub.title,
            str(len(series.values)),
            seconds(series.median),
            seconds(series.percentile(_TAIL)) if len(series.values) >= _ENOUGH_FOR_TAIL else "too few runs",
            extent(series),
            ratio(taken[0].median, series.median) if place else "",
        )
        for place, (hub, series) in enumerate(zip(hubs, taken, strict=True))
    ]
    table = Table((what, "runs", "p50", "p95", "lowest to highest", "ours / this, p50"), rows)
    return table.markdown() if len(hubs) > 1 else table.without_last(1).markdown()


def _restart(hub: RunningHub, kubectl: Kubectl) -> float:
    """Until a page is served again after it was not: the old hub's last answers do not count."""
    visitor, scope = hub.visitors[0], f"--namespace={hub.namespace}"
    begun = time.monotonic()
    kubectl.run("delete", "pod", scope, _selector(), "--wait=false")
    was_away = False
    while True:
        served = visitor.is_served()
        if served and was_away:
            return time.monotonic() - begun
        was_away = was_away or not served
        if time.monotonic() - begun > _PATIENCE:
            raise Problem(f"{hub.title}: the hub {'did not come back' if was_away else 'never went away'}")
        time.sleep(_PAUSE)


def _rest(hub: RunningHub, kubectl: Kubectl) -> None:
    """Let Kubernetes see it ready, and the old pod be gone, before the next one is taken."""
    scope = f"--namespace={hub.namespace}"
    timeout = f"--timeout={_PATIENCE:.0f}s"
    kubectl.run("rollout", "status", scope, f"deployment/{HUB}", timeout)
    end = time.monotonic() + _PATIENCE
    while len(kubectl.listed(("pods",), scope, _selector())) > 1:
        if time.monotonic() > end:
            raise Problem(f"{hub.title}: the old pod of the hub does not go")
        time.sleep(1)


def _selector() -> str:
    return f"--selector=app.kubernetes.io/component={HUB}"
