"""A stack file that builds on another one: `extends: <stack>`, and below it only what differs."""

from collections.abc import Callable
from typing import cast

from settings.problems import Problem, SettingsError

EXTENDS = "extends"
Tree = dict[str, object]


def extended(raw: object, source: str, settings_of: Callable[[str], object], above: tuple[str, ...] = ()) -> object:
    """The settings with everything the stacks below say; `settings_of` gives what another stack file holds."""
    if not isinstance(raw, dict) or EXTENDS not in raw:
        return cast("object", raw)
    own = dict(cast("Tree", raw))
    base = own.pop(EXTENDS)
    if not isinstance(base, str):
        raise SettingsError(source, [Problem(EXTENDS, "is not the name of a stack; write one, such as prod")])
    if base in above or source == f"Pulumi.{base}.yaml":
        raise SettingsError(
            source, [Problem(EXTENDS, f"{base!r} extends this stack itself; name one that stands alone")]
        )
    below = extended(settings_of(base), source, settings_of, (*above, base))
    return merged(below, own)


def merged(below: object, own: object) -> object:
    """Sections are merged, and lists of named sections name by name. Anything else is replaced; null removes a key."""
    if isinstance(below, dict) and isinstance(own, dict):
        return _merged_sections(cast("Tree", below), cast("Tree", own))
    if isinstance(below, list) and isinstance(own, list):
        named, renewed = _by_name(cast("list[object]", below)), _by_name(cast("list[object]", own))
        if named is not None and renewed is not None:
            return list(_merged_sections(named, renewed).values())
    return cast("object", own)


def _merged_sections(below: Tree, own: Tree) -> Tree:
    if own.get("kind", below.get("kind")) != below.get("kind"):
        # What another kind says means nothing here.
        return own
    both = {**below, **{key: merged(below.get(key), value) for key, value in own.items()}}
    return {key: value for key, value in both.items() if not (key in own and own[key] is None)}


def _by_name(entries: list[object]) -> Tree | None:
    """A list of sections by their names; None where some entry has none, or two share one."""
    named: Tree = {}
    for entry in entries:
        name = cast("Tree", entry).get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or name in named:
            return None
        named[name] = cast("object", entry)
    return named
