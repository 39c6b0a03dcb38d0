"""Builds the node's programs from lab/node, once per state of their sources."""

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab import paths
from lab.problem import Problem
from lab.screen import say

OLDEST_GO = (1, 24)
PROGRAMS = {"node": ".", "pause": "./pause", "policies-cni": "./policies-cni"}
KEPT = 2
PROGRESS_SECONDS = 15
STRIPPED = "-s -w"


def sources() -> list[Path]:
    found = [*paths.SOURCE.rglob("*.go"), paths.SOURCE / "go.mod", paths.SOURCE / "go.sum"]
    return sorted(path for path in found if not path.name.endswith("_test.go"))


def digest(files: Iterable[tuple[str, bytes]]) -> str:
    """One short name for a set of named contents."""
    total = hashlib.sha256()
    for name, content in files:
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:16]


def target() -> Path:
    """Where the programs of the present sources are, once built."""
    return paths.BINARIES / digest((str(path.relative_to(paths.SOURCE)), path.read_bytes()) for path in sources())


def is_built() -> bool:
    return target().exists()


def kubernetes_version() -> str:
    return pinned("k8s.io/kubernetes", paths.SOURCE)


def pinned(module: str, modules: Path) -> str:
    """The version of a module that a folder's go.mod asks for."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)$", (modules / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise Problem(f"{modules / 'go.mod'} names no version of {module}.")
    return found[1]


def parse_go_version(text: str) -> tuple[int, int] | None:
    found = re.search(r"\bgo(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def check_go() -> None:
    """Refuse a missing or old compiler before anything is downloaded."""
    needed = ".".join(map(str, OLDEST_GO))
    advice = (
        f"Kubernetes is built from source here, which needs Go {needed} or newer on PATH (Debian 12's own is 1.19).\n"
        "Install it from https://go.dev/dl/ (unpack to /usr/local, add /usr/local/go/bin to PATH) and run this again."
    )
    if not shutil.which("go"):
        raise Problem(f"There is no `go` on PATH. {advice}")
    found = subprocess.run(["go", "version"], check=True, capture_output=True, text=True).stdout
    version = parse_go_version(found)
    if not version or version < OLDEST_GO:
        raise Problem(f"`go version` says {found.strip()!r}. {advice}")


def linker_flags(version: str) -> str:
    major, minor = version.removeprefix("v").split(".")[:2]
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join([STRIPPED, *(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())])


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOMODCACHE": str(paths.GO_CACHE / "mod"),
        "GOCACHE": str(paths.GO_CACHE / "build"),
        # Without modcacherw the cache is read-only and `rm -r` stumbles over it.
        "GOFLAGS": "-mod=readonly -modcacherw",
    }


def build() -> None:
    build_all(PROGRAMS, target(), paths.SOURCE, linker_flags(kubernetes_version()))
    discard_old()


def build_all(programs: Mapping[str, str], folder: Path, modules: Path, flags: str = STRIPPED, *options: str) -> None:
    """Compile packages, by the names of their programs, into a folder that appears under its name only when whole."""
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, package in programs.items():
        compile_program(package, unfinished / name, modules, flags, *options)
    unfinished.replace(folder)


def compile_kubernetes(package: str, program: Path) -> None:
    compile_program(package, program, paths.SOURCE, linker_flags(kubernetes_version()))


def compile_program(package: str, program: Path, modules: Path, flags: str = STRIPPED, *options: str) -> None:
    """With flags for the linker, which may tell a program its version, and options for the compiler."""
    command = ["nice", "-n", "10", "go", "build", "-v", "-trimpath", "-buildvcs=false"]
    command += ["-ldflags", flags, *options, "-o", str(program), package]
    with subprocess.Popen(command, cwd=modules, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        said = follow(process.stderr or ())
    if process.returncode:
        raise Problem(
            f"Building {program.name} failed. Once the cause is gone, run this again; finished parts are kept.\n{said}"
        )


def follow(lines: Iterable[str]) -> str:
    """Show that the compiler is alive; returns what it said that was not a package's name or a download."""
    said: list[str] = []
    shown = time.monotonic()
    for count, line in enumerate(lines, start=1):
        if " " in line.strip() and not line.startswith("go: downloading "):
            said.append(line)
        if time.monotonic() - shown > PROGRESS_SECONDS:
            shown = time.monotonic()
            say(
                f"  ... {count} packages fetched or compiled, now {line.split()[-2 if line.startswith('go: ') else -1]}"
            )
    return "".join(said)


def kept() -> list[Path]:
    """Finished builds, the oldest first."""
    found = [path for path in paths.BINARIES.iterdir() if path.suffix == "" and (path / "node").exists()]
    return sorted(found, key=lambda path: path.stat().st_mtime)


def discard_old() -> None:
    """Keep the newest builds only: each holds some 150 MB."""
    for path in kept()[:-KEPT]:
        shutil.rmtree(path)


def link_kubectl() -> None:
    temporary = paths.KUBECTL.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target() / "node")
    temporary.replace(paths.KUBECTL)
