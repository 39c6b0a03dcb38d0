"""The hub and the proxy: how many, and what may be left out of a stack file."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.root import Settings


def one_hub_and_one_proxy(settings: Settings) -> Iterator[Problem]:
    if settings.hub.replicas > 1:
        yield Problem(
            "hub.replicas",
            "two hubs on one database corrupt its records and delete each other's routes; write 1 or leave the key out",
        )
    if settings.proxy.replicas > 1:
        yield Problem(
            "proxy.replicas",
            "the hub tells its routes to one proxy only, so a second one would answer 404; write 1 or leave the key out",
        )


def culling_makes_sense(settings: Settings) -> Iterator[Problem]:
    culler = settings.culler
    if culler is None:
        return
    if culler.every > culler.idle:
        yield Problem(
            "culler.every", "is longer than culler.idle, so idle servers would run far beyond it; write a shorter time"
        )
    if culler.max_age is not None and culler.max_age < culler.idle:
        yield Problem(
            "culler.max_age",
            "is shorter than culler.idle, so busy servers would be stopped before idle ones; write more",
        )


RULES = (one_hub_and_one_proxy, culling_makes_sense)
