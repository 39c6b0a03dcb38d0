class ApiException(Exception):  # noqa: N818 - upstream named it
    status: int
    reason: str | None
    body: str | bytes | None
    def __init__(self, status: int | None = None, reason: str | None = None) -> None: ...
