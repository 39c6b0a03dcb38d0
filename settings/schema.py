"""The JSON Schema of a whole stack file, for editors. What holds only between keys is checked by `settings.rules`.

A file that extends another one says only what differs, so every key is described first as such a file may write it, and
whatever a file that stands alone must say beyond that is told apart, for those files only.
"""

from collections.abc import Callable
from typing import cast

from settings.extends import EXTENDS
from settings.load import CIPHERTEXT, ENGINE_KEYS, SETTINGS_KEY
from settings.root import Settings

Schema = dict[str, object]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OF_LIBRARY = ("title", "discriminator", "propertyNames", "default")
"""Words of pydantic's that say nothing to an editor."""
_KEYS, _SEVERAL, _ONE = ("properties", "patternProperties"), ("anyOf", "oneOf"), ("items", "additionalProperties")
"""Where schemas stand inside of a schema."""
_SAID = ("description", "examples")
_WHOLE = "-whole"
"""What ends the name of a definition that says what is required."""
_NULL: Schema = {"type": "null"}


def schema() -> Schema:
    settings = _tidy(Settings.model_json_schema())
    definitions = cast("dict[str, Schema]", settings.pop("$defs"))
    whole = {name + _WHOLE: _whole(each) for name, each in definitions.items()}
    above = _differing(settings)
    above["properties"] = {EXTENDS: _EXTENDS, **cast("Schema", above["properties"])}
    config: Schema = {
        "type": "object",
        "properties": {SETTINGS_KEY: {**above, "if": {"required": [EXTENDS]}, "else": _whole(settings)}},
        "patternProperties": {
            "^pulumi:": {"description": "An option of the engine."},
            f"^(?!{SETTINGS_KEY}$|pulumi:)": _ENCRYPTED,
        },
        "required": [SETTINGS_KEY],
        "additionalProperties": False,
    }
    kept: Schema = {"description": "Kept by the engine.", "type": "string"}
    return {
        "$schema": _DIALECT,
        "title": "A stack of the JupyterHub platform",
        "type": "object",
        "properties": {"config": config, **dict.fromkeys(sorted(ENGINE_KEYS - {"config"}), kept)},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": {name: _differing(each) for name, each in definitions.items()} | whole,
    }


_EXTENDS: Schema = {
    "description": "The stack this one differs from. Only what differs is written; null removes a key.",
    "type": "string",
    "pattern": "^[A-Za-z0-9._-]+$",
    "examples": ["prod"],
}
_ENCRYPTED: Schema = {
    "description": "A secret, written here by `pulumi config set --secret <name>`.",
    "type": "object",
    "properties": {"secure": {"type": "string", "pattern": f"^{CIPHERTEXT}$"}},
    "required": ["secure"],
    "additionalProperties": False,
}


def _tidy(section: Schema) -> Schema:
    """Without what an editor has no use for, and closed where only a pattern says which keys there are."""
    tidy = _inside({key: value for key, value in section.items() if key not in _OF_LIBRARY}, _tidy)
    return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy


def _differing(section: Schema) -> Schema:
    """What may be written above another file: no key is needed, any that has a default may be removed."""
    loose = _inside(section, _differing)
    for key in _KEYS:
        if key in loose:
            parts = cast("dict[str, Schema]", loose[key])
            loose[key] = {name: part if _is_needed(section, name) else _or_null(part) for name, part in parts.items()}
    if "oneOf" in loose:
        # Without its kind, a section may be one of several.
        loose["anyOf"] = loose.pop("oneOf")
    loose.pop("required", None)
    return loose


def _whole(section: Schema) -> Schema:
    """What a file that stands alone must say beyond that."""
    if "$ref" in section:
        return {"$ref": f"{section['$ref']}{_WHOLE}"}
    beyond: Schema = {key: section[key] for key in ("const", "required") if key in section}
    for key in ("anyOf", "oneOf"):
        parts = [part if part == _NULL else _whole(part) for part in cast("list[Schema]", section.get(key, []))]
        if parts and all(parts):
            beyond[key] = parts
    for key in _KEYS:
        parts = cast("dict[str, Schema]", section.get(key, {}))
        asking = {name: _whole(part) | _never_null(section, name, part) for name, part in parts.items()}
        if asking := {name: part for name, part in asking.items() if part}:
            beyond[key] = asking
    if "items" in section and (items := _whole(cast("Schema", section["items"]))):
        beyond["items"] = items
    return beyond


def _never_null(section: Schema, name: str, part: Schema) -> Schema:
    return {} if _is_needed(section, name) or _or_null(part) == part else {"not": _NULL}


def _is_needed(section: Schema, name: str) -> bool:
    return name in cast("list[str]", section.get("required", []))


def _or_null(part: Schema) -> Schema:
    if "type" in part:
        return {**part, "type": [part["type"], "null"]}
    said = {key: value for key, value in part.items() if key in _SAID}
    rest = {key: value for key, value in part.items() if key not in _SAID}
    choices = cast("list[Schema]", part.get("anyOf", [rest]))
    return part if _NULL in choices else {**said, "anyOf": [*choices, _NULL]}


def _inside(section: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """A section with a change of every schema directly inside of it."""
    changed = dict(section)
    for key, value in section.items():
        if key in (*_KEYS, "$defs"):
            changed[key] = {name: change(part) for name, part in cast("dict[str, Schema]", value).items()}
        elif isinstance(value, list) and key in _SEVERAL:
            changed[key] = [change(part) for part in cast("list[Schema]", value)]
        elif isinstance(value, dict) and key in _ONE:
            changed[key] = change(cast("Schema", value))
    return changed
