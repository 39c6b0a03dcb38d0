from collections.abc import Iterable, Mapping

class ScopeNotFound(Exception): ...  # noqa: N818 - upstream named it

scope_definitions: Mapping[str, object]

def _check_scopes_exist(scopes: Iterable[str], who_for: str | None = None) -> None: ...
