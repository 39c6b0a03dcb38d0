"""The way from some hubs to the API server, which a test can close: for them it is away, for everybody else it is not."""

import asyncio
from contextlib import suppress


class Gate:
    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._passing: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self.port = 0

    async def open(self) -> None:
        """Let connections pass, on the same port as before."""
        self._server = await asyncio.start_server(self._arrive, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections and cut those that pass."""
        if self._server is None:
            return
        self._server.close()
        for writers in self._passing.values():
            for writer in writers:
                writer.transport.abort()
        await asyncio.gather(*self._passing)
        await self._server.wait_closed()
        self._server = None

    def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        task = asyncio.create_task(self._pass(reader, writers))
        self._passing[task] = writers
        task.add_done_callback(self._passing.pop)

    async def _pass(self, reader: asyncio.StreamReader, writers: list[asyncio.StreamWriter]) -> None:
        near = writers[0]
        try:
            far_reader, far = await asyncio.open_connection(*self._target)
        except OSError:
            near.transport.abort()
            return
        writers.append(far)
        await asyncio.gather(_copy(reader, far), _copy(far_reader, near))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    writer.close()
