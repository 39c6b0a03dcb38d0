from traitlets.config import Application

class JupyterHub(Application):
    @classmethod
    def launch_instance(cls, argv: list[str] | None = None, **kwargs: object) -> None: ...
