"""A tiny web server behind a tunnel: it tells what reached it, and says every word of a websocket back."""

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

from aiohttp import web


async def tell(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path_qs, "headers": dict(request.headers), "body": await request.text()})


async def echo(request: web.Request) -> web.WebSocketResponse:
    visitor = web.WebSocketResponse()
    await visitor.prepare(request)
    async for message in visitor:
        await visitor.send_str(f"{message.data} {request.headers.get('Cf-Access-Authenticated-User-Email')}")
    return visitor


@contextmanager
def origin() -> Generator[str]:
    """Its address, while it serves."""
    loop, ended = asyncio.new_event_loop(), asyncio.Event()

    async def serve(place: socket.socket) -> None:
        app = web.Application()
        app.add_routes([web.get("/echo", echo), web.route("*", "/{path:.*}", tell)])
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, place).start()
        await ended.wait()
        await runner.cleanup()

    # It listens from here on, whenever the thread gets to answering.
    with socket.create_server(("127.0.0.1", 0)) as place:
        thread = threading.Thread(target=loop.run_until_complete, args=(serve(place),))
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()
            loop.close()
