"""What the program of another git revision declares, run from its own files."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from preview.inventory import Inventory, load
from preview.program import ROOT
from settings.load import STACK_FOLDERS


class RevisionError(Exception):
    """There is no such revision, or its program does not run."""


@contextmanager
def evaluating(stack: str, revision: str, root: Path) -> Generator["Evaluation"]:
    """Start the evaluation in a process of its own, which works beside this one until its result is asked for."""
    with TemporaryDirectory(prefix="preview-") as directory:
        base = Path(directory, "base")
        _check_out(revision, root, base)
        evaluation = Evaluation(stack, revision, base)
        try:
            yield evaluation
        finally:
            evaluation.stop()


class Evaluation:
    def __init__(self, stack: str, revision: str, base: Path) -> None:
        self._stack = stack
        self._revision = revision
        self._result = base.with_name("inventory.json")
        self._process = (
            subprocess.Popen(
                [sys.executable, "-m", "preview", "dump", "--stack", stack, "--root", base, "--out", self._result],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            if any((base / folder / f"Pulumi.{stack}.yaml").is_file() for folder in STACK_FOLDERS)
            else None
        )

    def inventory(self) -> Inventory:
        """What it declares; nothing where the revision does not know the stack."""
        if self._process is None:
            return Inventory(self._stack, (), {}, {}, (), 0)
        _, complaint = self._process.communicate()
        if self._process.returncode != 0:
            raise RevisionError(f"the program of revision {self._revision} does not run:\n{complaint.strip()}")
        return load(json.loads(self._result.read_text()))

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def _check_out(revision: str, root: Path, target: Path) -> None:
    """Put the files of the program as they were at a revision into a directory."""
    archive = subprocess.run(
        ["git", "-C", root, "archive", "--format=tar", "--end-of-options", revision], capture_output=True, check=False
    )
    if archive.returncode != 0:
        raise RevisionError(f"there is no git revision {revision!r} of {root}: {archive.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(target, filter="data")
