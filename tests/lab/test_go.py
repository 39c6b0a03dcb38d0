"""The lab's own controllers: their decisions are tested in Go, next to them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from lab import build, cloudflare, paths

pytestmark = pytest.mark.lab


def run(source: Path, *packages: str) -> None:
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    command = ["nice", "go", "test", "-trimpath", *packages]
    done = subprocess.run(command, cwd=source, env=build.environment(), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_policies_and_storage() -> None:
    run(paths.SOURCE, "./policies", "./storage")


def test_access_of_the_stand_in_of_cloudflare() -> None:
    run(cloudflare.SOURCE, "./access", "./shape")
