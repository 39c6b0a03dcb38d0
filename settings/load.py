"""Reads a stack file, without any engine: `Pulumi.<stack>.yaml` in one of the folders for them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from settings.extends import extended
from settings.problems import Problem, SettingsError, key_of, problems_of, quoted
from settings.root import Settings
from settings.rules import problems_with
from settings.yaml_file import WHOLE_FILE, YamlError, tree_of

ROOT = Path(__file__).parent.parent
STACK_FOLDERS = (".", "examples", "tests/stacks")
PROJECT = "jupyterhub"
SETTINGS_KEY = f"{PROJECT}:settings"
ENGINE_KEYS = frozenset({"config", "encryptionsalt", "encryptedkey", "secretsprovider"})
CIPHERTEXT = r"(v[0-9]+:)?[A-Za-z0-9+/=:]{40,}"
"""What `pulumi config set --secret` writes: salted and in base64."""


def stack_file(stack: str, root: Path = ROOT) -> Path:
    """Where the file of a stack is."""
    folders = [root / folder for folder in STACK_FOLDERS]
    for path in (folder / f"Pulumi.{stack}.yaml" for folder in folders):
        if path.is_file():
            return path
    there = sorted(
        path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        for folder in folders
        for path in folder.glob("Pulumi.*.yaml")
    )
    raise SettingsError(
        f"STACK={stack}", [Problem(f"Pulumi.{stack}.yaml", f"does not exist; the stacks here are {', '.join(there)}")]
    )


def read(path: Path) -> Settings:
    """The settings of one stack file, or every problem of it."""
    file = _sections(path)
    entries = file.get("config")
    if not isinstance(entries, dict) or SETTINGS_KEY not in entries:
        missing = Problem(f"config.{SETTINGS_KEY}", "is missing; begin with a copy of Pulumi.dev.yaml")
        raise SettingsError(path.name, [missing, *_around(file, {})])
    config = cast("dict[str, object]", entries)
    problems = list(_around(file, config))
    try:
        settings = parse(config[SETTINGS_KEY], path.name)
    except SettingsError as error:
        raise SettingsError(path.name, [*problems, *error.problems]) from None
    problems += _unasked(config, settings)
    if problems:
        raise SettingsError(path.name, problems)
    return settings


def parse(raw: object, source: str) -> Settings:
    """Check one settings tree whole: every key first, then what only holds between keys."""
    try:
        settings = Settings.model_validate(extended(raw, source, settings_of))
    except ValidationError as error:
        raise SettingsError(source, list(problems_of(error, Settings))) from None
    problems = problems_with(settings)
    if problems:
        raise SettingsError(source, problems)
    return settings


def settings_of(stack: str) -> object:
    """What the file of another stack says, unchecked."""
    entries = _sections(stack_file(stack)).get("config")
    return cast("dict[str, object]", entries).get(SETTINGS_KEY) if isinstance(entries, dict) else None


def _sections(path: Path) -> dict[str, object]:
    """What a stack file says, if it is one at all."""
    try:
        file = tree_of(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(path.name, [Problem(WHOLE_FILE, "is not text in UTF-8; save it as such")]) from None
    except YamlError as error:
        raise SettingsError(path.name, error.problems) from None
    if not isinstance(file, dict):
        complaint = f"is {quoted(file, ())}, not a section with the key config; begin with a copy of Pulumi.dev.yaml"
        raise SettingsError(path.name, [Problem(WHOLE_FILE, complaint)])
    return cast("dict[str, object]", file)


def _around(file: dict[str, object], config: dict[str, object]) -> Iterator[Problem]:
    """What stands beside the settings: the engine's own keys pass, and secrets that are encrypted."""
    for key in file.keys() - ENGINE_KEYS:
        yield Problem(key_of([key]), "is no key of a stack file; write it below config, under jupyterhub:settings")
    for key, value in config.items():
        project, _, name = key.partition(":")
        if key == SETTINGS_KEY or project == "pulumi" or _is_encrypted(value):
            continue
        mend = (
            f"remove it, replace the secret wherever it was used, and run pulumi config set --secret {name}"
            if project == PROJECT
            else "remove it, or write it below jupyterhub:settings if the platform has such a key"
        )
        reason = "stands here in the clear" if project == PROJECT else "is no key of this program"
        yield Problem(key_of(["config", key]), f"{reason}; {mend}")


def _unasked(config: dict[str, object], settings: Settings) -> Iterator[Problem]:
    """A secret under a name that no setting asks for is a slip of the pen, and the right one is missing."""
    wanted = settings.declared_secrets
    for key, value in config.items():
        project, _, name = key.partition(":")
        if project == PROJECT and key != SETTINGS_KEY and _is_encrypted(value) and name not in wanted:
            asked = f"the settings ask for {', '.join(sorted(wanted))}" if wanted else "the settings ask for none"
            yield Problem(key_of(["config", key]), f"is a secret nobody asks for; rename or remove it, {asked}")


def _is_encrypted(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"secure"}:
        return False
    text = cast("dict[str, object]", value)["secure"]
    return isinstance(text, str) and re.fullmatch(CIPHERTEXT, text) is not None
