from typing import Any, Protocol

from sqlalchemy.orm import Session
from traitlets.config import Application

class _Service(Protocol):
    api_token: str

class JupyterHub(Application):
    handlers: list[tuple[Any, ...]]
    db: Session
    _service_map: dict[str, _Service]
    def init_handlers(self) -> None: ...
    async def init_api_tokens(self) -> None: ...
    @classmethod
    def launch_instance(cls, argv: list[str] | None = None, **kwargs: object) -> None: ...
