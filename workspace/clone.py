"""Clones a repository: `python -m workspace.clone <address> <directory> <seconds>`.

The server starts afterwards in any case: where nothing could be cloned, the directory holds a note that says why.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

NOTE = "NOT-CLONED.txt"
_COMMAND = (
    "git",
    # Other transports run programs or read files of this container.
    *("-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always"),
    *("clone", "--quiet", "--depth=1", "--single-branch", "--no-recurse-submodules"),
)
_NEVER_ASK = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def clone(address: str, directory: Path, seconds: float) -> str | None:
    """Fill the directory with the repository, or with a note; returns what went wrong."""
    partial = directory.with_name(f"{directory.name}.partial")
    for left in (directory, partial):
        shutil.rmtree(left, ignore_errors=True)
    problem = fetch(address, partial, seconds)
    if problem:
        shutil.rmtree(partial, ignore_errors=True)
        directory.mkdir()
        (directory / NOTE).write_text(
            f"{address} could not be cloned when this server started:\n\n{problem}\n\nThe next start tries again.\n"
        )
    else:
        partial.rename(directory)
    return problem


def fetch(address: str, directory: Path, seconds: float) -> str | None:
    git = subprocess.Popen(
        [*_COMMAND, "--", address, str(directory)],
        env=os.environ | _NEVER_ASK,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        process_group=0,
    )
    try:
        _, said = git.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # A transport is a process of its own; all of them end together.
        os.killpg(git.pid, signal.SIGKILL)
        git.communicate()
        return f"it took longer than {seconds:g} seconds"
    return said.strip() or f"git ended with {git.returncode}" if git.returncode else None


if __name__ == "__main__":
    words = sys.argv[1:]
    if complaint := clone(words[0], Path(words[1]), float(words[2])):
        print(f"{words[0]} could not be cloned: {complaint}", file=sys.stderr)
