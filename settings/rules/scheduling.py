"""Wishes about nodes that come to nothing, or to harm."""

from collections.abc import Iterator

from settings.arithmetic import bounds
from settings.nodes import Placement, Toleration
from settings.problems import Problem
from settings.root import Settings
from settings.scheduling import SchedulingSection

_OF_A_SICK_NODE = frozenset(
    f"node.kubernetes.io/{state}"
    for state in (
        *("not-ready", "unreachable", "unschedulable", "out-of-service", "network-unavailable"),
        *("memory-pressure", "disk-pressure", "pid-pressure"),
    )
)


def scheduling_asks_for_something(settings: Settings) -> Iterator[Problem]:
    if settings.scheduling == SchedulingSection():
        yield Problem("scheduling", "asks for nothing; remove it, or say in it what there is to be")


def the_image_puller_stays(settings: Settings) -> Iterator[Problem]:
    puller = settings.scheduling and settings.scheduling.image_puller
    if not puller or puller.continuous:
        return
    if puller.before_rollout:
        yield Problem(
            "scheduling.image_puller.continuous",
            "is false, and what a new hub waits for is the puller that stays; write true",
        )
    else:
        yield Problem(
            "scheduling.image_puller", "pulls neither before a rollout nor at any other time; remove it, or write true"
        )


def every_scheduler_has_a_node_of_its_own(settings: Settings) -> Iterator[Problem]:
    asked = settings.scheduling and settings.scheduling.user_scheduler
    nodes = sum(pool.count for pool in settings.cluster.nodes)
    if asked and 1 < nodes < asked.replicas:
        yield Problem(
            "scheduling.user_scheduler.replicas",
            f"is more than the {nodes} nodes of cluster.nodes, and no two of them share one, so the last would wait for "
            f"ever; write {nodes} at most",
        )


def placeholders_find_room(settings: Settings) -> Iterator[Problem]:
    asked = settings.scheduling and settings.scheduling.placeholders
    if not asked:
        return
    room = [bound for bound in bounds(settings, settings.users.profiles[0]) if bound.key == "cluster.nodes"]
    if room and 0 < room[0].servers < asked.count:
        yield Problem(
            "scheduling.placeholders.count",
            f"is more than there is room for on the nodes of cluster.nodes ({room[0].servers}), so the last would wait for "
            "ever; lower it or add nodes",
        )


def tolerations_make_sense(settings: Settings) -> Iterator[Problem]:
    for key, placement in _placements(settings):
        seen: set[Toleration] = set()
        for position, toleration in enumerate(placement.tolerations):
            here = f"{key}.tolerations.{position}"
            if toleration in seen:
                yield Problem(here, "stands twice; write it once")
            if toleration.key in _OF_A_SICK_NODE:
                yield Problem(
                    f"{here}.key",
                    f"{toleration.key!r} is how the cluster marks a node that is cordoned or unwell, and pods would be sent "
                    "there; remove it",
                )
            seen.add(toleration)


def _placements(settings: Settings) -> Iterator[tuple[str, Placement]]:
    if settings.scheduling:
        yield "scheduling.platform", settings.scheduling.platform
        yield "scheduling.users", settings.scheduling.users


RULES = (
    scheduling_asks_for_something,
    the_image_puller_stays,
    every_scheduler_has_a_node_of_its_own,
    placeholders_find_room,
    tolerations_make_sense,
)
