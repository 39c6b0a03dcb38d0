"""Running other programs to their end."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.problem import Problem

NOT_FOUND = 127


def run(*command: str | Path, stdin: str | None = None, environment: dict[str, str] | None = None) -> str:
    """The output of a command that has to succeed; its own words when it does not."""
    done = try_run(*command, stdin=stdin, environment=environment)
    if done.returncode:
        raise Problem(f"`{shown(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def try_run(
    *command: str | Path, stdin: str | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The outcome of a command that may fail, or may not be installed."""
    arguments = [str(word) for word in command]
    try:
        return subprocess.run(arguments, check=False, capture_output=True, text=True, input=stdin, env=environment)
    except FileNotFoundError:
        return subprocess.CompletedProcess(arguments, NOT_FOUND, "", f"{arguments[0]} is not installed")


def shown(command: Sequence[str | Path]) -> str:
    return " ".join(str(word) for word in command)
