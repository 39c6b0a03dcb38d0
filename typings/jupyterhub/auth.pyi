from collections.abc import Mapping
from typing import Any, Protocol

from tornado.web import RequestHandler
from traitlets.config import LoggingConfigurable

class _Named(Protocol):
    @property
    def name(self) -> str: ...

class Authenticator(LoggingConfigurable):
    allowed_users: set[str]
    async def authenticate(
        self, handler: RequestHandler | None, data: Mapping[str, str]
    ) -> str | dict[str, Any] | None: ...
    async def get_authenticated_user(
        self, handler: RequestHandler | None, data: Mapping[str, str]
    ) -> dict[str, Any] | None: ...
    def is_admin(self, handler: RequestHandler | None, authentication: Mapping[str, Any]) -> bool | None: ...
    async def refresh_user(self, user: _Named, handler: RequestHandler | None = None) -> bool | dict[str, Any]: ...
