"""The JSON Schema of a whole stack file, for editors. What holds only between keys is checked by `settings.rules`."""

from typing import cast

from settings.load import CIPHERTEXT, ENGINE_KEYS, SETTINGS_KEY
from settings.root import Settings

Schema = dict[str, object]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OF_LIBRARY = ("title", "discriminator", "propertyNames")
"""Words of pydantic's that say nothing to an editor."""
_NAMED = ("properties", "patternProperties", "$defs")
"""Where names of ours stand, which may be called like a word of the schema."""


def schema() -> Schema:
    settings = cast("Schema", _tidy(Settings.model_json_schema()))
    definitions = settings.pop("$defs")
    encrypted: Schema = {
        "description": "A secret, written here by `pulumi config set --secret <name>`.",
        "type": "object",
        "properties": {"secure": {"type": "string", "pattern": f"^{CIPHERTEXT}$"}},
        "required": ["secure"],
        "additionalProperties": False,
    }
    config: Schema = {
        "type": "object",
        "properties": {SETTINGS_KEY: settings},
        "patternProperties": {
            "^pulumi:": {"description": "An option of the engine."},
            f"^(?!{SETTINGS_KEY}$|pulumi:)": encrypted,
        },
        "required": [SETTINGS_KEY],
        "additionalProperties": False,
    }
    return {
        "$schema": _DIALECT,
        "title": "A stack of the JupyterHub platform",
        "type": "object",
        "properties": {
            "config": config,
            **{
                key: {"description": "Kept by the engine.", "type": "string"}
                for key in sorted(ENGINE_KEYS - {"config"})
            },
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _tidy(node: object) -> object:
    """Without what an editor has no use for, and closed where only a pattern says which keys there are."""
    if isinstance(node, list):
        return [_tidy(part) for part in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    section = cast("Schema", node)
    tidy: Schema = {
        key: {name: _tidy(part) for name, part in cast("Schema", value).items()} if key in _NAMED else _tidy(value)
        for key, value in section.items()
        if key not in _OF_LIBRARY
    }
    return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy
