"""Waits for workloads, says meanwhile what each waits for, and ends with the cause in words once waiting is pointless."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from deploy.console import note
from deploy.kubectl import Kubectl
from deploy.verdict import WATCHED, Log, Verdict, Workload, judge
from lab.problem import Problem

_POLL: Final = 1.0
_SAY_AGAIN: Final = 15.0
"""Seconds after which an unchanged reason is repeated."""
_LIMIT: Final = 600.0
"""Seconds after which even a reason that might pass by itself ends the wait."""
_OUTAGE: Final = 60.0
"""Seconds for which the cluster itself may be away."""
_LAST_LINES: Final = 8


def wait(kubectl: Kubectl, workloads: Iterable[Workload], working: Callable[[], bool] | None = None) -> None:
    """Until all are ready; with `working`, for as long as that is true. A reason that stays too long raises a Problem."""
    waited_for, begun = tuple(workloads), time.monotonic()
    # What was broken before the work began is what the work may mend.
    patience = Patience(begun, forgives_the_first=working is not None)
    answered = begun
    while True:
        now = time.monotonic()
        try:
            verdicts = unready(kubectl, waited_for)
        except Problem as silence:
            if now - answered > _OUTAGE:
                raise
            note(f"{now - begun:4.0f} s  the cluster does not answer; waiting for it ({str(silence).splitlines()[-1]})")
            time.sleep(_OUTAGE / 10)
            continue
        answered = now
        if not (working() if working else verdicts):
            return
        patience.see(verdicts, now)
        if lost := patience.lost(now):
            raise Problem(cause(kubectl, lost))
        for workload in patience.worth_saying(now):
            note(f"{now - begun:4.0f} s  {workload}: {verdicts[workload].reason}")
        time.sleep(_POLL)


def unready(kubectl: Kubectl, workloads: Iterable[Workload]) -> dict[Workload, Verdict]:
    """What each workload that is not ready waits for."""
    by_namespace: dict[str, list[Workload]] = {}
    for workload in workloads:
        by_namespace.setdefault(workload.namespace, []).append(workload)
    verdicts: dict[Workload, Verdict] = {}
    for namespace, here in by_namespace.items():
        objects = kubectl.listed(WATCHED, f"--namespace={namespace}")
        verdicts |= {workload: verdict for workload in here if (verdict := judge(workload, objects))}
    return verdicts


class Patience:
    """For how long each workload has had its reason, and when it was last said. Pure but for what it remembers."""

    def __init__(self, begun: float, *, forgives_the_first: bool = False) -> None:
        self._begun = begun
        self._forgiven: set[tuple[Workload, int]] | None = None if forgives_the_first else set()
        self._since: dict[Workload, tuple[Verdict, float]] = {}
        self._said: dict[Workload, tuple[str, float]] = {}

    def see(self, verdicts: Mapping[Workload, Verdict], now: float) -> None:
        if self._forgiven is None:
            self._forgiven = {(workload, verdict.generation) for workload, verdict in verdicts.items()}
        earlier = self._since
        self._since = {
            workload: (
                verdict,
                earlier[workload][1] if workload in earlier and earlier[workload][0] == verdict else now,
            )
            for workload, verdict in verdicts.items()
        }

    def lost(self, now: float) -> dict[Workload, Verdict]:
        """What no waiting will mend; everything that is left, once the limit is reached."""
        return {
            workload: verdict
            for workload, (verdict, since) in self._since.items()
            if now - self._begun > _LIMIT or self._is_final(workload, verdict, now - since)
        }

    def _is_final(self, workload: Workload, verdict: Verdict, seconds: float) -> bool:
        forgiven = (workload, verdict.generation) in (self._forgiven or ())
        return verdict.patience is not None and seconds >= verdict.patience and not forgiven

    def worth_saying(self, now: float) -> list[Workload]:
        """The workloads whose reason is new, or was said some time ago."""
        due: list[Workload] = []
        for workload, (verdict, _) in self._since.items():
            reason, said = self._said.get(workload, ("", 0.0))
            if reason != verdict.reason or now - said >= _SAY_AGAIN:
                self._said[workload] = (verdict.reason, now)
                due.append(workload)
        return due


def cause(kubectl: Kubectl, lost: Mapping[Workload, Verdict]) -> str:
    """The reason in words, the last log lines, and what mends it where that is known."""
    lines = ["the rollout has failed:"]
    for workload, verdict in lost.items():
        lines.append(f"  {workload} in {workload.namespace}: {verdict.reason}")
        if verdict.log:
            lines += [f"    | {line}" for line in _last_lines(kubectl, workload.namespace, verdict.log)]
        if verdict.mend:
            lines.append(f"    to mend it: {verdict.mend}")
    return "\n".join(lines)


def _last_lines(kubectl: Kubectl, namespace: str, log: Log) -> list[str]:
    which = ["--previous"] if log.previous else []
    where = (f"--namespace={namespace}", f"--container={log.container}", f"--tail={_LAST_LINES}")
    done = kubectl.attempt("logs", log.pod, *where, *which)
    return (done.stdout if done.returncode == 0 else done.stderr).splitlines() or ["(it wrote nothing)"]
