from typing import Any

from traitlets.config import Application

class JupyterHub(Application):
    handlers: list[tuple[Any, ...]]
    def init_handlers(self) -> None: ...
    @classmethod
    def launch_instance(cls, argv: list[str] | None = None, **kwargs: object) -> None: ...
