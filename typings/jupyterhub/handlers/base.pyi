from collections.abc import Mapping
from typing import Any, Protocol

from tornado.web import RequestHandler

class _User(Protocol):
    name: str
    spawners: Mapping[str, Any]

class BaseHandler(RequestHandler):
    async def login_user(self, data: Mapping[str, str] | None = None) -> _User | None: ...
    async def spawn_single_user(
        self, user: _User, server_name: str = "", display_name: str = "", options: object = None
    ) -> None: ...
    async def stop_single_user(self, user: _User, server_name: str = "") -> object: ...
