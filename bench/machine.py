"""Which machine, which versions, which revision: what every figure is worth nothing without."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from settings.load import ROOT

_PACKAGES: Final = ("pulumi", "pulumi-kubernetes", "jupyterhub", "jupyterhub-kubespawner")
_GIBIBYTE: Final = 1024 * 1024


def provenance() -> str:
    """One sentence, taken before anything is measured."""
    memory = _field(Path("/proc/meminfo"), "MemTotal")
    gibibytes = int(memory.split()[0]) / _GIBIBYTE
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, revision {_revision()}. "
        f"{os.cpu_count()} cores ({_field(Path('/proc/cpuinfo'), 'model name')}), {gibibytes:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {packages}. "
        f"Load average before the first run: {os.getloadavg()[0]:.1f}."
    )


def _field(path: Path, name: str) -> str:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def _revision() -> str:
    """With a mark when files differ from it; the page of figures itself does not count."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/benchmarks.md")
    return f"{commit} with local changes" if changed else commit


def _git(*words: str) -> str:
    return subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
