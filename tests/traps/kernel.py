"""A kernel in a user's server, spoken to through the proxy as a browser does."""

import json
import uuid
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.traps.configuration import USER
from tests.traps.hubs import HostHub


class Kernel:
    """One kernel and one websocket to it, which is never opened again."""

    def __init__(self, hub: HostHub) -> None:
        self._hub = hub
        self._session = aiohttp.ClientSession(headers={"Authorization": f"token {hub.token}"})

    async def __aenter__(self) -> Self:
        kernel: dict[str, Any] = await self._hub.ask("POST", f"/user/{USER}/api/kernels", {"name": "python3"})
        url = f"ws://127.0.0.1:{self._hub.proxy_port}/user/{USER}/api/kernels/{kernel['id']}/channels"
        self._socket = await self._session.ws_connect(url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def run(self, code: str) -> str:
        """What the code prints."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": number, "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await self._socket.send_str(json.dumps(message))
        printed = ""
        while True:
            answer: dict[str, Any] = await self._socket.receive_json(timeout=60)
            if answer["parent_header"].get("msg_id") != number:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return printed.strip()
