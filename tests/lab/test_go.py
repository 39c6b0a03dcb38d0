"""The lab's own controllers: their decisions are tested in Go, next to them."""

import shutil
import subprocess

import pytest

from lab import build, paths


@pytest.mark.lab
def test_policies_and_storage() -> None:
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    command = ["nice", "go", "test", "-trimpath", "./policies", "./storage"]
    done = subprocess.run(
        command, cwd=paths.SOURCE, env=build.environment(), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
