"""The proxy of the image in front of servers that say who they are and what they were asked."""

import asyncio
import json
import secrets
import socket
import subprocess
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

from tests.isolation.oracle import REFUSED
from tests.isolation.paths import Request
from tests.traps.hubs import proxy_command

AT_ONCE = 16
_SHOWN = 500
"""Bytes of what a server was given that it repeats: more would be too much for an answer."""
Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]

    @property
    def by(self) -> str:
        """Who says to have been reached."""
        refused = self.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, 0)
        return self.headers.get("x-reached", REFUSED if refused else f"nobody, {self.status}")

    @property
    def seen(self) -> str:
        """The target as it arrived there."""
        return bytes.fromhex(self.headers.get("x-seen", "")).decode("latin-1")

    @property
    def given(self) -> str:
        """The last that came with it, in lower case."""
        return bytes.fromhex(self.headers.get("x-given", "")).decode("latin-1").lower()


def echo(name: str) -> Conversation:
    """Answers everything with its name and with what it was asked for."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            target = head.split(b" ", 2)[1].hex().encode()
            upgrade = b"\nupgrade: websocket" in head.lower()
            start = b"101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade" if upgrade else b"200 OK"
            said = (name.encode(), target, head[-_SHOWN:].hex().encode())
            rest = b"\r\nX-Reached: %s\r\nX-Seen: %s\r\nX-Given: %s\r\nContent-Length: 0\r\n\r\n" % said
            writer.write(b"HTTP/1.1 " + start + rest)
            await writer.drain()
            if upgrade:
                break
        writer.close()

    return answer


async def serve(conversation: Conversation) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(conversation, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


class Proxy:
    """A process; with `host`, every server is at a host name of its own below that one."""

    def __init__(
        self, directory: Path, cache: Path, hub: int, *, plain_paths: bool = True, host: str | None = None
    ) -> None:
        self.port, self._api = _free_port(), _free_port()
        self._token = secrets.token_hex(8)
        here = f"http://127.0.0.1:{hub}"
        command = [*proxy_command(cache, plain_paths=plain_paths), "--ip=127.0.0.1", f"--port={self.port}"]
        command += ["--api-ip=127.0.0.1", f"--api-port={self._api}", f"--default-target={here}", "--log-level=error"]
        command += [f"--error-target={here}/hub/error", *(["--host-routing"] if host else [])]
        with (directory / "proxy.log").open("ab") as log:
            given = {"CONFIGPROXY_AUTH_TOKEN": self._token, "PATH": "/usr/local/bin:/usr/bin:/bin"}
            self._process = subprocess.Popen(command, env=given, stdout=log, stderr=log)

    async def ready(self) -> None:
        for _ in range(100):
            try:
                (await asyncio.open_connection("127.0.0.1", self._api))[1].close()
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return
        raise AssertionError("the proxy does not listen")

    def route(self, path: str, port: int) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._api}/api/routes{path}",
            data=json.dumps({"target": f"http://127.0.0.1:{port}"}).encode(),
            headers={"Authorization": f"token {self._token}"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    async def ask_all(self, requests: Iterable[Request]) -> dict[Request, Answer]:
        return await ask_all(requests, lambda: asyncio.open_connection("127.0.0.1", self.port))


async def ask_all(requests: Iterable[Request], connect: Callable[[], Awaitable[Connection]]) -> dict[Request, Answer]:
    found: dict[Request, Answer] = {}
    waiting = iter(requests)

    async def work() -> None:
        connection: Connection | None = None
        for request in waiting:
            connection = connection or await connect()
            found[request], goes_on = await asyncio.wait_for(_ask(request, *connection), 20)
            if not goes_on:
                connection[1].close()
                connection = None
        if connection:
            connection[1].close()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


async def _ask(request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Answer, bool]:
    """Byte for byte, as no client library would send it; and whether the connection may be used again."""
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    more = (upgrade if request.websocket else "") + "".join(f"{line}\r\n" for line in request.headers)
    head = f"GET {request.target} HTTP/1.1\r\nHost: {request.host}\r\n{more}\r\n"
    writer.write(head.encode("latin-1"))
    lines = (await _head(reader)).decode("latin-1").split("\r\n")
    if not lines[0]:
        return Answer(0, {}), False
    status = int(lines[0].split()[1])
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines[1:])}
    await _body(reader, headers)
    closed = request.websocket or headers.get("connection") == "close" or status in (101, 400, 431)
    return Answer(status, headers), not closed


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        return b""  # the end of a connection, or of the test


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> None:
    if "transfer-encoding" in headers:
        while int(size := (await reader.readline()).split(b";")[0] or b"0", 16):
            await reader.readexactly(int(size, 16) + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(headers.get("content-length", 0)))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
