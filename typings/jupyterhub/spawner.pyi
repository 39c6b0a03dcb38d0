from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session
from tornado.web import HTTPError
from traitlets.config import LoggingConfigurable

class SpawnException(HTTPError):  # noqa: N818 - upstream named it
    def __init__(self, message: str, *, reason: str, status_code: int = 400) -> None: ...

class _Named(Protocol):
    @property
    def name(self) -> str: ...

class _User(_Named):
    groups: Sequence[_Named]

class _Server:
    ip: str
    port: int

class _Stored:
    user_options: dict[str, Any]

class Spawner(LoggingConfigurable):
    def get_env(self) -> dict[str, str]: ...
    api_token: str
    db: Session
    orm_spawner: _Stored | None
    server: _Server | None
    start_timeout: int
    user: _User
    user_options: dict[str, Any]
    cpu_guarantee: float | None
    cpu_limit: float | None
    mem_guarantee: int | None
    mem_limit: int | None
    image: str
    image_pull_policy: str
    _check_pending: bool
    _log_name: str
    @property
    def name(self) -> str: ...
    def apply_user_options(self, spawner: object, options: object) -> Awaitable[None]: ...
    async def poll_and_notify(self) -> int | None: ...
    def load_state(self, state: dict[str, Any]) -> None: ...
    def get_state(self) -> dict[str, Any]: ...
    def clear_state(self) -> None: ...
    async def get_options_form(self) -> str: ...
    async def options_from_query(self, query_data: dict[str, list[str]]) -> dict[str, str]: ...
