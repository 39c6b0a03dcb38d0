"""Runs inside a notebook pod: what a user does there, and what that may not break. The last line says it as JSON."""

import json
import site
import subprocess
import sys
from pathlib import Path

SETUP = "from setuptools import setup\nsetup(name='mine', version='1', py_modules=['mine'])\n"


def install_a_package() -> None:
    """As a user would: plain `pip install`, of a package that needs no network."""
    source = Path("/tmp/mine")  # noqa: S108 - inside the pod
    source.mkdir()
    (source / "setup.py").write_text(SETUP)
    (source / "mine.py").write_text("said = 'installed by the user'\n")
    offline = ("--no-index", "--no-build-isolation", "--quiet")
    subprocess.run((sys.executable, "-m", "pip", "install", *offline, str(source)), check=True)


def run_cell(code: str) -> str:
    kernel = ("jupyter", "run", "--kernel=python3")
    return subprocess.run(kernel, input=code, capture_output=True, text=True, check=True).stdout.strip()


def starts(*program: str) -> bool:
    return subprocess.run(program, check=False, capture_output=True).returncode == 0


told: dict[str, object] = {"the kernel computes": run_cell("print(6 * 7)")}
install_a_package()
told["the kernel sees what the user installed"] = run_cell("import mine; print(mine.said)")
Path(site.getusersitepackages(), "usercustomize.py").write_text("import os\nos._exit(1)\n")
told["Python starts in a home that breaks it"] = starts("python", "-c", "pass")
told["the server starts in a home that breaks Python"] = starts("jupyterhub-singleuser", "--version")
told["process 1"] = Path("/proc/1/comm").read_text().strip()
print(json.dumps(told))
