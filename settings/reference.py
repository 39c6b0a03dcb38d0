"""Writes docs/settings.md and docs/stack.schema.json from the models: `python -m settings.reference [--check]`."""

import json
import sys
from pathlib import Path

import yaml
from pydantic import BaseModel

from settings.form import Form, Whole
from settings.keys import Key, default_of, every_key, example_of, in_words, keys_of, words_in
from settings.load import ROOT
from settings.root import Settings
from settings.rules import RULES
from settings.schema import schema
from settings.shape import kind_of, models_in

_OPENING = """# Settings

Written from the models in `settings/` by `make docs`; change it there.

A stack is one file, `Pulumi.<stack>.yaml`, in the root or in `examples/`; `STACK=<stack>` chooses it. What this page lists stands
in it below `config`, under `jupyterhub:settings`; a key that is not listed is refused. Beside the settings, the file holds only
what the engine writes: its own keys (`encryptionsalt`, `pulumi:...`) and encrypted secrets (`jupyterhub:<name>: {secure: ...}`).
A secret is never written in the clear.

An editor with a YAML language server checks the file while you type if it begins with

```yaml
# yaml-language-server: $schema=docs/stack.schema.json
```

A stack that differs from another one in a few lines says `extends: <stack>` and those lines: sections are merged, lists of sections
with a `name` are merged name by name, everything else is replaced, and `null` removes a key. An editor checks what such a file
writes, and cannot know what is missing: it is checked as a whole together with what it extends.

`make preview` and `make up` check everything before anything is changed, and tell every problem at once.

YAML is read strictly: a key that stands twice, `yes` or `on` for true, and numbers such as `010` or `12:30`, which two readers
of YAML take differently, are refused.
"""


def markdown() -> str:
    sections = [_section(key) for key in keys_of(Settings) if "." not in key.path and "[" not in key.path]
    return "\n".join([_OPENING, _how_to_write(), *sections, _rules()])


def _how_to_write() -> str:
    words = {word.name: word for key in every_key(Settings) for word in words_in(key.annotation)}
    rows = [f"| {name} | {_cell(word.mend)} | {_cell(_example(word))} |" for name, word in sorted(words.items())]
    return "\n".join(["## How values are written", "", "| | how | example |", "|---|---|---|", *rows, ""])


def _section(key: Key, depth: int = 2) -> str:
    """One section of the file, each of its kinds, and the sections in it that have kinds of their own."""
    heading = "#" * depth
    lines = [f"{heading} `{key.path}`", "", key.field.description or "", ""]
    if not key.field.is_required():
        lines += ["May be left out.", ""]
    inner: dict[str, Key] = {}
    for model in key.choices or list(models_in(key.annotation)):
        if kind := kind_of(model):
            lines += [f"{heading}# `{key.path}`, `kind: {kind}`", "", model.__doc__ or "", ""]
        rows = list(keys_of(model, key.below))
        lines += [*_table(rows), *_snippet(key, model)]
        inner |= {row.path: row for row in rows if row.choices}
    return "\n".join([*lines, *(_section(row, depth + 1) for row in inner.values())])


def _rules() -> str:
    sentences = [f"- {rule.__name__.replace('_', ' ')}" for rule in RULES]
    return "\n".join(
        [
            "## What holds between keys",
            "",
            "Each of these is checked once every single key is right:",
            "",
            *sentences,
            "",
        ]
    )


def _table(keys: list[Key]) -> list[str]:
    rows = [
        f"| `{key.path}` | {_cell(in_words(key))} | {default_of(key.field)} | {_cell(key.field.description or '')} |"
        for key in keys
    ]
    return ["| key | takes | default | |", "|---|---|---|---|", *rows, ""] if rows else []


def _snippet(key: Key, model: type[BaseModel]) -> list[str]:
    example: object = [example_of(model)] if key.is_list and key.choices else example_of(model)
    for part in reversed(key.path.split(".")):
        name = part.removesuffix("[]")
        example = {name: [example] if name != part else example}
    text = yaml.safe_dump(example, sort_keys=False, allow_unicode=True, width=120)
    return ["```yaml", text.rstrip(), "```", ""]


def _example(word: Form | Whole) -> str:
    return f"`{word.example}`"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main(arguments: list[str], root: Path = ROOT) -> int:
    written = {
        root / "docs" / "settings.md": markdown(),
        root / "docs" / "stack.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
    }
    stale = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(root)} differs from the models in settings/; run make docs", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(written[path], encoding="utf-8")
        print(f"wrote {path.relative_to(root)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
