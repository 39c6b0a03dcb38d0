"""A view of the cluster that never gives up and knows how old it is."""

import asyncio
import time

from kubespawner.reflector import ResourceReflector
from kubespawner.spawner import EventReflector, PodReflector
from traitlets import Int

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
SAY_AGAIN = 60.0


def describe(error: Exception) -> str:
    """In one line; many network errors have no message of their own."""
    return f"{type(error).__name__} {error}".strip().splitlines()[0]


class Persistent(ResourceReflector):
    """KubeSpawner's reflector gives up for good after 51 s of errors, or at once when its first list fails.

    Here listing goes on until it succeeds; as every error of a watch leads to a new list, that covers both.
    """

    request_timeout = Int(15, config=True, help="Seconds without an answer after which the API server is asked again.")

    _listed: float | None = None

    @property
    def alive(self) -> bool:
        return self.watch_task is not None and not self.watch_task.done()

    @property
    def fresh(self) -> bool:
        """Whether the view is at most as old as an undisturbed one can be."""
        oldest = self.timeout_seconds + self.request_timeout + LONGEST_PAUSE
        return self._listed is not None and time.monotonic() - self._listed < oldest

    async def start(self) -> None:
        """Wait for the first list, however long it takes; whoever stops waiting does not stop the listing."""
        self.watch_task = asyncio.create_task(self._watch_and_update())
        await asyncio.shield(self.first_load_future)

    async def _list_and_update(self, resource_version: str | None = None) -> str:
        pause, said = FIRST_PAUSE, 0.0
        while True:
            try:
                # "0" means any state the server remembers, after an error possibly one from before it.
                version = await super()._list_and_update(None if resource_version == "0" else resource_version)
            except Exception as error:
                if time.monotonic() - said >= SAY_AGAIN:
                    self.log.warning(
                        "The Kubernetes API does not list %s, asking until it does: %s", self.kind, describe(error)
                    )
                    said = time.monotonic()
                resource_version = None
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if said:
                    self.log.warning("The Kubernetes API lists %s again", self.kind)
                self._listed = time.monotonic()
                return version


class PersistentPodReflector(Persistent, PodReflector):
    pass


class PersistentEventReflector(Persistent, EventReflector):
    pass


REFLECTORS: dict[str, type[Persistent]] = {"pods": PersistentPodReflector, "events": PersistentEventReflector}
