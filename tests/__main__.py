"""What `make check`, `make test` and `make soak` run: phases in order, each timed, with the first failure ending it all."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Phase:
    name: str
    command: Sequence[str]


def pytest(name: str, *arguments: str) -> Phase:
    return Phase(name, (PYTHON, "-m", "pytest", *arguments))


CHECK = (
    Phase("lint", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
    Phase("format", (PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")),
    Phase("types", (PYTHON, "-m", "pyright")),
    Phase("documents", (PYTHON, "-m", "settings.reference", "--check")),
    Phase("picture", (PYTHON, "-m", "reachability", "--check")),
)
UP = Phase("make up", ("make", "--no-print-directory", "up"))
BROWSER = Phase("Chromium", ("tools/browser",))
TEST = (
    *CHECK,
    pytest("unit tests", "-q", "-m", "not (lab or engine or browser or soak)"),
    UP,
    BROWSER,
    pytest("the real engine", "-v", "-m", "engine and not soak"),
    pytest("the lab", "-v", "--durations=30", "-m", "lab and not (browser or engine or soak)"),
    # On its own: Playwright keeps an event loop running in the process it is driven from.
    pytest("people at a browser", "-v", "--durations=10", "-m", "browser and not (engine or soak)"),
)
SOAK = (UP, BROWSER, Phase("soak", (PYTHON, "-m", "tests.soak")))


def run(phases: Sequence[Phase]) -> int:
    took: list[tuple[str, float]] = []
    environment = os.environ | {"PULUMI_ERROR_OUTPUT_STRING": "true", "PYTHONUNBUFFERED": "1"}
    code = 0
    for phase in phases:
        print(f"\n=== {phase.name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(phase.command, cwd=ROOT, env=environment, check=False).returncode
        took.append((phase.name, time.monotonic() - started))
        if code:
            print(f"\n{phase.name} failed (exit code {code})", flush=True)
            break
    print("\n" + "\n".join(f"{seconds:8.1f} s  {name}" for name, seconds in took), flush=True)
    return code


def check() -> int:
    return run(CHECK)


def everything() -> int:
    return run(TEST)


def soak() -> int:
    return run(SOAK)


SUITES = {"check": check, "all": everything, "soak": soak}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    sys.exit(SUITES[parser.parse_args().suite]())
