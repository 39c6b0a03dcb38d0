"""A tiny web server behind a tunnel: it tells what reached it, and says every word of a websocket back."""

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler


class Tell(RequestHandler):
    def get(self) -> None:
        self.write(json.dumps({"path": self.request.uri, "headers": dict(self.request.headers)}))

    def post(self) -> None:
        self.write(self.request.body)


class Echo(WebSocketHandler):
    def on_message(self, message: str | bytes) -> None:
        self.write_message(message)

    def check_origin(self, origin: str) -> bool:
        return True


@contextmanager
def origin() -> Generator[str]:
    """Its address, while it serves."""
    started, loops = threading.Event(), list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()
    (socket,) = bind_sockets(0, "127.0.0.1")

    async def serve() -> None:
        server = HTTPServer(Application([("/echo", Echo), ("/.*", Tell)]))
        server.add_sockets([socket])
        ended = asyncio.Event()
        loops.append((asyncio.get_running_loop(), ended))
        started.set()
        await ended.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        (loop, ended) = loops[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()
