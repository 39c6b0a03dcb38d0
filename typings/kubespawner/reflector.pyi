import asyncio
from typing import Any

from traitlets import Int
from traitlets.config import LoggingConfigurable

class ResourceReflector(LoggingConfigurable):
    first_load_future: asyncio.Future[None]
    kind: str
    request_timeout: Int[int, int]
    resources: dict[str, dict[str, Any]]
    timeout_seconds: int
    watch_task: asyncio.Task[None] | None
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def _list_and_update(self, resource_version: str | None = None) -> str: ...
    async def _watch_and_update(self) -> None: ...
