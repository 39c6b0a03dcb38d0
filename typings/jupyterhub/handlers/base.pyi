from collections.abc import Mapping
from typing import Any, Protocol

from tornado.web import RequestHandler

class _User(Protocol):
    name: str
    spawners: Mapping[str, Any]

class _Hub(Protocol):
    base_url: str

class BaseHandler(RequestHandler):
    authenticator: Any
    hub: _Hub
    log: Any
    @property
    def current_user(self) -> Any: ...
    async def prepare(self) -> None: ...
    def find_user(self, name: str) -> Any: ...
    async def refresh_auth(self, user: Any, force: bool = False) -> Any: ...
    async def login_user(self, data: Mapping[str, str] | None = None) -> _User | None: ...
    async def render_template(self, name: str, **ns: object) -> str: ...
    async def spawn_single_user(
        self, user: _User, server_name: str = "", display_name: str = "", options: object = None
    ) -> None: ...
    async def stop_single_user(self, user: _User, server_name: str = "") -> object: ...
