"""Finds the engine and its plugins on this machine, or gets them; finds out within seconds where they cannot be had."""

import json
import multiprocessing
import os
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from deploy.console import note
from lab.paths import CACHE

_OWN: Final = CACHE / "pulumi"
_DOWNLOADS: Final = "https://get.pulumi.com"
_PROBE_SECONDS: Final = 3.0
_DOWNLOAD_SECONDS: Final = 300.0


class UnavailableError(Exception):
    """Why the engine cannot be had."""


def obtain(packages: Iterable[str]) -> Path:
    """The engine's program, with a plugin for each package of the Python environment."""
    found = shutil.which("pulumi")
    program = Path(found) if found else _OWN / "bin" / "pulumi"
    if not program.exists():
        _require_downloads("there is no `pulumi` on PATH")
        note(f"getting the Pulumi CLI into {_OWN}")
        _install(program)
    there = _plugins(program)
    for package in sorted(packages):
        wanted = version(f"pulumi-{package}")
        if (package, wanted) not in there and not _is_ambient(package, program):
            _require_downloads(f"its plugin {package} {wanted} is not installed")
            note(f"getting the engine's plugin {package} {wanted}")
            _install_plugin(program, package, wanted)
    return program


def _plugins(program: Path) -> set[tuple[str, str]]:
    done = subprocess.run(
        [program, "plugin", "ls", "--json"], capture_output=True, text=True, check=False, env=_quiet()
    )
    if done.returncode:
        raise UnavailableError(f"`{program} plugin ls` fails: {done.stderr.strip()}")
    return {(plugin["name"], plugin["version"]) for plugin in json.loads(done.stdout or "[]")}


def _is_ambient(package: str, program: Path) -> bool:
    """Plugins on PATH, or beside the engine, are found by the engine itself."""
    name = f"pulumi-resource-{package}"
    return shutil.which(name) is not None or (program.resolve().parent / name).exists()


def _require_downloads(lack: str) -> None:
    if not _answers():
        raise UnavailableError(f"{lack}, and {_DOWNLOADS} does not answer")


def _answers() -> bool:
    """In a thread, because the resolver knows no time limit."""
    answered: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(_DOWNLOADS, method="HEAD"), timeout=_PROBE_SECONDS):
                answered.append(True)
        except (urllib.error.URLError, OSError):
            answered.append(False)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS)
    return answered == [True]


def _install(program: Path) -> None:
    """With the engine's own installer, which knows no time limit either."""
    installer = multiprocessing.get_context("spawn").Process(target=_install_here, daemon=True)
    installer.start()
    installer.join(_DOWNLOAD_SECONDS)
    if installer.is_alive():
        installer.kill()
    if not program.exists():
        raise UnavailableError(
            f"there is no `pulumi` on PATH, and its installer did not succeed within {_DOWNLOAD_SECONDS:.0f} s"
        )


def _install_here() -> None:
    from pulumi.automation import PulumiCommand  # noqa: PLC0415 - costs half a second, and is rarely needed

    PulumiCommand.install(root=str(_OWN))


def _install_plugin(program: Path, package: str, wanted: str) -> None:
    command = [program, "plugin", "install", "resource", package, wanted]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False, env=_quiet()
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(
            f"its plugin {package} {wanted} did not arrive within {_DOWNLOAD_SECONDS:.0f} s"
        ) from None
    if done.returncode:
        raise UnavailableError(f"its plugin {package} {wanted} cannot be had: {done.stderr.strip()}")


def _quiet() -> dict[str, str]:
    return {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
