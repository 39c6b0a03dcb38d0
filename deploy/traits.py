"""Whether the pinned JupyterHub accepts the settings, asked of it in a process of its own and remembered."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from components.hub_config import hub_settings
from lab.paths import CACHE
from lab.problem import Problem
from settings import Settings
from settings.load import ROOT

_ACCEPTED: Final = CACHE / "traits"


def check(settings: Settings, source: str) -> bool:
    """True when it had to be asked, False when it had said yes to the same before. Every complaint at once otherwise."""
    asked = hub_settings(settings, "any").model_dump_json()
    accepted = _ACCEPTED / fingerprint(asked, sorted((ROOT / "hub").rglob("*")))
    if accepted.exists():
        return False
    done = subprocess.run(
        [sys.executable, "-m", "hub.check"], input=asked, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 1 and done.stdout.strip():
        raise Problem(complaints(source, done.stdout))
    if done.returncode:
        raise Problem(f"the check of the hub's traits did not run:\n{done.stderr.strip()}")
    accepted.parent.mkdir(parents=True, exist_ok=True)
    accepted.touch()
    return True


def fingerprint(asked: str, sources: Iterable[Path]) -> str:
    """Changes with the settings, the hub's code, and the packages it runs on."""
    total = hashlib.sha256(f"{Path(sys.prefix).resolve()}\0{asked}".encode())
    for path in sources:
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return total.hexdigest()


def complaints(source: str, answer: str) -> str:
    problems = json.loads(answer)
    lines = [f"  {problem['key']}: {problem['reason']}; {problem['mend']}" for problem in problems]
    return "\n".join([f"{source} is refused, {len(lines)} {'problem' if len(lines) == 1 else 'problems'}:", *lines])
