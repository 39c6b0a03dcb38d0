"""Somebody at work while secrets are replaced: a session with the hub, a token for its API, a notebook with a kernel."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import requests

from tests.e2e.cluster import eventually
from tests.lab.hub_session import SECONDS, HubSession


@dataclass(frozen=True)
class Standing:
    """What still works of all that a person had open."""

    session: bool
    """The hub's own pages."""
    token: bool
    notebook: bool
    """The pages of the server."""
    connection: bool
    """The websocket to the kernel, which was never opened again."""


class AtWork:
    def __init__(self, hub: str, name: str, password: str) -> None:
        self.person = HubSession(hub, name, password)
        if not self.person.server:
            self.person.start().raise_for_status()
        eventually("the server is ready", lambda: bool(self.person.server.get("ready")), SECONDS)
        self.person.visit(f"/user/{name}/lab")
        self._server = f"{hub}/user/{name}"
        self._token: str = self.person.api("POST", f"/users/{name}/tokens", {"note": "of a script"}).json()["token"]
        self._headers = {"Authorization": f"token {self._token}"}
        made = requests.post(f"{self._server}/api/kernels", headers=self._headers, json={}, timeout=SECONDS)
        self._kernel: str = made.json()["id"]

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers=self._headers)
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def connect(self) -> None:
        """To the kernel there was, as a notebook does whose connection is lost."""
        url = self._server.replace("http", "ws", 1)
        self._socket = await self._http.ws_connect(f"{url}/api/kernels/{self._kernel}/channels", heartbeat=10)
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        # Somebody has to listen all the time, or the server takes this end for dead.
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self._socket:
            self._said.put_nowait(json.loads(message.data))

    async def run(self, code: str) -> str:
        """What the code prints."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": number, "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await self._socket.send_str(json.dumps(message))
        printed, end = "", time.monotonic() + SECONDS
        while time.monotonic() < end:
            answer = await asyncio.wait_for(self._said.get(), SECONDS)
            if answer["parent_header"].get("msg_id") != number:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return printed.strip()
        raise AssertionError("the kernel says nothing")

    @property
    def standing(self) -> Standing:
        api = requests.get(f"{self.person.hub}/hub/api/user", headers=self._headers, timeout=SECONDS)
        return Standing(
            session=self.person.api("GET", "/user").ok,
            token=api.ok,
            notebook=self.person.visit(f"/user/{self.person.name}/api/status").ok,
            connection=not self._listening.done(),
        )
