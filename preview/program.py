"""The directory of a program: its name, its stack files, its modules."""

import importlib
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import yaml

from preview.answers import declared

ROOT: Final = Path(__file__).parent.parent
"""The checkout this module belongs to."""


def project_of(root: Path) -> str:
    return yaml.safe_load((root / "Pulumi.yaml").read_text())["name"]


def stack_config(stack: str, root: Path, stack_file: Path | None) -> tuple[dict[str, str], list[str]]:
    """The configuration the engine would give the program, and which keys of it are secret: their values are references.

    A program that reads its stack file through `settings.load` also says there which secrets it expects by hand.
    """
    project = project_of(root)
    if (root / "settings" / "load.py").is_file():
        loader = importlib.import_module("settings.load")
        path: Path = stack_file or loader.stack_file(stack, root)
        secrets = {f"{project}:{name}" for name in loader.read(path).declared_secrets}
    else:
        path = stack_file or root / f"Pulumi.{stack}.yaml"
        secrets = set[str]()
    entries: dict[str, Any] = yaml.safe_load(path.read_text())["config"]
    encrypted = {key for key, value in entries.items() if isinstance(value, dict) and "secure" in value}
    plain = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in entries.items()
        if key not in encrypted
    }
    references = {key: declared(key.removeprefix(f"{project}:")) for key in secrets | encrypted}
    return plain | references, sorted(references)


@contextmanager
def modules_of(root: Path) -> Generator[None]:
    """Let imports find the modules of the program in `root`, and no other program's.

    Those of this checkout stay loaded from run to run. Any other root's are loaded afresh and forgotten afterwards, so
    that two revisions of one program can be evaluated in one process and each runs its own code.
    """
    names = _importable(root) | _importable(ROOT) if root != ROOT else set[str]()
    set_aside = _loaded(names)
    for name in set_aside:
        del sys.modules[name]
    path, writes_bytecode = sys.path, sys.dont_write_bytecode
    sys.path = [str(root), *(entry for entry in path if entry != str(ROOT))]
    sys.dont_write_bytecode = root != ROOT
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path, sys.dont_write_bytecode = path, writes_bytecode
        for name in _loaded(names):
            del sys.modules[name]
        sys.modules.update(set_aside)


def _importable(root: Path) -> set[str]:
    return {path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py"} - {"__main__"}


def _loaded(names: set[str]) -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}
