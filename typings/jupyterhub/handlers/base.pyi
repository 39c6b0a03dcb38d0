from collections.abc import Mapping

from jupyterhub.spawner import Spawner
from tornado.web import RequestHandler

class _User:
    name: str
    spawners: Mapping[str, Spawner]

class BaseHandler(RequestHandler):
    async def login_user(self, data: Mapping[str, str] | None = None) -> _User | None: ...
    async def spawn_single_user(
        self, user: _User, server_name: str = "", display_name: str = "", options: object = None
    ) -> None: ...
    async def stop_single_user(self, user: _User, server_name: str = "") -> object: ...
