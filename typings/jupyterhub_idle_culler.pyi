from traitlets.config import Application

class IdleCuller(Application):
    @classmethod
    def launch_instance(cls, argv: list[str] | None = None, **kwargs: object) -> None: ...
