"""Go modules the lab needs beside its own program: pinned by version and checksum, fetched once."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import build
from lab.problem import Problem


@dataclass(frozen=True)
class Module:
    path: str
    version: str
    checksum: str
    """As a go.sum has it."""

    def fetch(self) -> Path:
        """Where its files are."""
        command = ("go", "mod", "download", "-json", f"{self.path}@{self.version}")
        done = subprocess.run(command, cwd="/", env=build.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Problem(f"{self.path} {self.version} cannot be fetched: {done.stderr.strip() or done.stdout.strip()}")
        found = json.loads(done.stdout)
        if found["Sum"] != self.checksum:
            raise Problem(f"{self.path} {self.version} is not what it was: its checksum is {found['Sum']}.")
        return Path(found["Dir"])
