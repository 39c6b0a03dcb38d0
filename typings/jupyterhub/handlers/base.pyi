from collections.abc import Mapping
from typing import Any

from tornado.web import RequestHandler

class BaseHandler(RequestHandler):
    async def login_user(self, data: Mapping[str, str] | None = None) -> Any: ...
    async def spawn_single_user(
        self, user: Any, server_name: str = "", display_name: str = "", options: object = None
    ) -> None: ...
    async def stop_single_user(self, user: Any, server_name: str = "") -> object: ...
