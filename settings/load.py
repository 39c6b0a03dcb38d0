"""Reads a stack file, without any engine: `Pulumi.<stack>.yaml` in the root or in examples/."""

from pathlib import Path
from typing import cast

import yaml
from pydantic import ValidationError

from settings.problems import Problem, SettingsError, problems_of
from settings.root import Settings
from settings.rules import problems_with

ROOT = Path(__file__).parent.parent
SETTINGS_KEY = "jupyterhub:settings"
_ENGINE_KEYS = {"config", "encryptionsalt", "encryptedkey", "secretsprovider"}


def stack_file(stack: str, root: Path = ROOT) -> Path:
    """Where the file of a stack is."""
    for folder in (root, root / "examples"):
        path = folder / f"Pulumi.{stack}.yaml"
        if path.is_file():
            return path
    there = sorted(
        path.name.split(".")[1] for folder in (root, root / "examples") for path in folder.glob("Pulumi.*.yaml")
    )
    raise SettingsError(
        f"STACK={stack}", [Problem(f"Pulumi.{stack}.yaml", f"does not exist; the stacks here are {', '.join(there)}")]
    )


def read(path: Path) -> Settings:
    """The settings of one stack file, or every problem of it."""
    try:
        raw = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise SettingsError(path.name, [Problem("the file", f"is not YAML ({reason}); correct it there")]) from error
    return parse(_section(raw, path.name), path.name)


def parse(raw: object, source: str) -> Settings:
    """Check one settings tree whole: every key first, then what only holds between keys."""
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(source, problems_of(error, raw, Settings)) from error
    problems = problems_with(settings)
    if problems:
        raise SettingsError(source, problems)
    return settings


def _section(raw: object, source: str) -> object:
    """The settings tree inside a stack file, whose other keys must be the engine's."""
    file = cast("dict[str, object]", raw) if isinstance(raw, dict) else {}
    config = file.get("config")
    entries = cast("dict[str, object]", config) if isinstance(config, dict) else {}
    problems = [
        Problem(key, "is no key of a stack file; settings stand below config, under jupyterhub:settings")
        for key in sorted(set(file) - _ENGINE_KEYS)
    ]
    problems += [
        Problem(f"config.{key}", "is no key of this program; write it below jupyterhub:settings, or remove it")
        for key, value in sorted(entries.items())
        if key != SETTINGS_KEY and not _is_engines(key, value)
    ]
    if SETTINGS_KEY not in entries:
        problems.append(Problem(f"config.{SETTINGS_KEY}", "is missing; begin with a copy of Pulumi.dev.yaml"))
    if problems:
        raise SettingsError(source, problems)
    return entries[SETTINGS_KEY]


def _is_engines(key: str, value: object) -> bool:
    """Encrypted secrets and the engine's own options pass; a secret in the clear does not."""
    return key.startswith("pulumi:") or (
        isinstance(value, dict) and set(cast("dict[str, object]", value)) == {"secure"}
    )
