"""The control API of the cluster: which images, nodes and sizes there are. Its last good answer outlives it and the hub."""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Annotated, Protocol

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hub.profile_settings import Discovery

PATIENCE = 3.0
"""Seconds a person waits for an answer before the last good one is shown."""
REST = 10.0
"""Seconds before an API that did not answer is asked again."""
LONGEST_ANSWER = 2**20
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_GIB = 2**30
_PART = "[a-z0-9]+([._-]+[a-z0-9]+)*"

Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
NodeName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Quantity = Annotated[str, Field(pattern=r"^[0-9]{1,15}([KMGT]i?)?$")]
Count = Annotated[int, Field(ge=0, le=1000)]


class Answer(BaseModel):
    """Strict in what it needs, and indifferent to whatever else the API says."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Origin(Answer):
    registry: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$")]
    repository: Annotated[str, Field(pattern=rf"^{_PART}(/{_PART})*$", max_length=300)]
    tag: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]


class FoundImage(Answer):
    name: Word
    display_name: Word
    default: bool = False
    metadata: Origin

    @property
    def place(self) -> str:
        return f"{self.metadata.registry}/{self.metadata.repository}"

    @property
    def reference(self) -> str:
        return f"{self.place}:{self.metadata.tag}"


class Capacity(Answer):
    cpu: Annotated[float, Field(ge=0, le=10_000)]
    memory: Quantity
    gpu: Count
    effective_gpu: Count | None = None
    """Fewer than `gpu` where one device is shared out in slices."""


class FoundNode(Answer):
    name: NodeName
    capacity: Capacity

    @property
    def memory(self) -> int:
        digits = self.capacity.memory.rstrip("KMGTi")
        return int(digits) * _UNITS[self.capacity.memory[len(digits) :]]

    @property
    def gpus(self) -> int:
        return self.capacity.gpu if self.capacity.effective_gpu is None else self.capacity.effective_gpu


class Defaults(Answer):
    default_node: NodeName | None = None
    default_cpu_cores: Count
    default_memory_gb: Count
    default_gpu_count: Count

    @property
    def memory(self) -> int:
        return self.default_memory_gb * _GIB


class Found(Answer):
    """Everything the API says at one moment."""

    images: tuple[FoundImage, ...]
    nodes: tuple[FoundNode, ...]
    defaults: Defaults


_IMAGES = TypeAdapter(list[FoundImage])
_NODES = TypeAdapter(list[FoundNode])


class Store(Protocol):
    """Where the last good answer is kept."""

    def load(self) -> str | None: ...
    def save(self, text: str) -> None: ...


@dataclass
class ControlApi:
    discovery: Discovery
    store: Store
    log: logging.Logger | logging.LoggerAdapter[logging.Logger]

    def __post_init__(self) -> None:
        self._found: Found | None = self._kept()
        self._ask_again = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def found(self) -> Found | None:
        """What there is, as far as anybody knows; None where the API has never answered."""
        if time.monotonic() >= self._ask_again:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            # Whoever waits longest waits this long; the question itself goes on for the next one.
            await asyncio.wait([self._asking], timeout=PATIENCE)
        return self._found

    async def _ask(self) -> None:
        try:
            found = await self._answers()
        except (aiohttp.ClientError, OSError, ValueError, ValidationError) as error:
            self._ask_again = time.monotonic() + min(REST, self.discovery.refresh)
            self.log.warning("%s: %s; its last good answer is used", self.discovery.url, _described(error))
            return
        self._ask_again = time.monotonic() + self.discovery.refresh
        if found == self._found:
            return
        self._found = found
        try:
            self.store.save(found.model_dump_json())
        except OSError as error:
            self.log.warning("%s: its answer is used and not kept for the next start: %s", self.discovery.url, error)

    async def _answers(self) -> Found:
        timeout = aiohttp.ClientTimeout(total=4 * PATIENCE)
        async with aiohttp.ClientSession(self.discovery.url, timeout=timeout) as session:
            images, nodes, defaults = await asyncio.gather(
                _get(session, "/api/v1/images/jupyter"),
                _get(session, "/api/v1/cluster/resources"),
                _get(session, "/api/v1/jupyterhub/config"),
            )
        return Found(
            images=tuple(image for image in _IMAGES.validate_json(images) if self._is_ours(image)),
            nodes=tuple(_NODES.validate_json(nodes)),
            defaults=Defaults.model_validate_json(defaults),
        )

    def _is_ours(self, image: FoundImage) -> bool:
        places = self.discovery.registries
        if any(image.place == place or image.place.startswith(f"{place}/") for place in places):
            return True
        self.log.warning("The image %s is left out: it comes from none of %s", image.reference, ", ".join(places))
        return False

    def _kept(self) -> Found | None:
        text = self.store.load()
        try:
            found = None if text is None else Found.model_validate_json(text)
        except ValidationError:
            # Of another release of the hub.
            return None
        if found is None:
            return None
        # What may be offered is what the stack file says today.
        return found.model_copy(update={"images": tuple(image for image in found.images if self._is_ours(image))})


async def _get(session: aiohttp.ClientSession, path: str) -> bytes:
    async with session.get(path, allow_redirects=False) as response:
        if response.status != 200:  # noqa: PLR2004 - the one good answer
            raise ValueError(f"{path} answers {response.status}")
        body = await response.content.read(LONGEST_ANSWER + 1)
        while len(body) <= LONGEST_ANSWER and (more := await response.content.read(LONGEST_ANSWER + 1)):
            body += more
        if len(body) > LONGEST_ANSWER:
            raise ValueError(f"{path} answers with more than {LONGEST_ANSWER} bytes")
        return body


def _described(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{error.title} {'.'.join(map(str, first['loc']))}: {first['msg']}"
