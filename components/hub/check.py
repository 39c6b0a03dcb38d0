"""Whether the pinned JupyterHub accepts the settings, asked of it in a process of its own and remembered."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from components.hub.config import hub_settings
from settings import Problem, Settings, SettingsError
from settings.load import ROOT

_ACCEPTED: Final = Path.home() / ".cache" / "jupyterhub-platform" / "traits"


def check(settings: Settings, source: str) -> bool:
    """True when it had to be asked, False when it had said yes to the same before. Every complaint at once otherwise."""
    asked = hub_settings(settings, dict.fromkeys(settings.images, "any")).model_dump_json()
    accepted = _ACCEPTED / fingerprint(asked, sorted((ROOT / "hub").rglob("*")))
    if accepted.exists():
        return False
    done = subprocess.run(
        [sys.executable, "-m", "hub.check"], input=asked, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 1 and done.stdout.strip():
        raise SettingsError(source, complaints(done.stdout))
    if done.returncode:
        raise RuntimeError(f"the check of the hub's traits did not run:\n{done.stderr.strip()}")
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


def complaints(answer: str) -> list[Problem]:
    return [Problem(found["key"], f"{found['reason']}; {found['mend']}") for found in json.loads(answer)]
