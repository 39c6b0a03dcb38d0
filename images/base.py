"""The lab's base image: Debian 12 as small as its slim image, made from the machine's own Debian mirror."""

import subprocess
import tempfile
from pathlib import Path

from images import buildah
from lab.commands import run
from lab.problem import Problem

SUITE = "bookworm"
TAG = f"lab.local/debian:{SUITE}"
REGISTRY_HINT = "--base docker.io/library/debian:12-slim takes it from a registry instead."
# As in Debian's slim image.
SLIM = "".join(f"path-exclude {path}/*\n" for path in ("/usr/share/doc", "/usr/share/man", "/usr/share/locale"))
LEFT_OUT = ("dev/*", "var/cache/apt/*", "var/lib/apt/lists/*", "usr/share/doc/*", "usr/share/man/*", "usr/share/locale/*")
DOCKERFILE = 'FROM scratch\nADD root.tar /\nCMD ["bash"]\n'


def ensure() -> None:
    """Make the base image unless the store has it."""
    with tempfile.TemporaryDirectory(dir=buildah.HOME) as made:
        context = Path(made)
        mirrors = debian_mirrors(run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"))
        root = context / "root"
        unpack(root, mirrors[SUITE])
        (root / "etc/apt/sources.list").write_text(sources(mirrors))
        (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
        for private in ("etc/resolv.conf", "etc/hostname"):
            (root / private).unlink(missing_ok=True)
        excluded = [f"--exclude=./{path}" for path in LEFT_OUT]
        run("tar", "--create", "--file", context / "root.tar", "--numeric-owner", "--sort=name", *excluded, "--directory", root, ".")
        (context / "Dockerfile").write_text(DOCKERFILE)
        buildah.run("bud", "--signature-policy", buildah.POLICY, "--isolation", "chroot", "--tag", TAG, context, log="base")


def debian_mirrors(indexes: str) -> dict[str, str]:
    """Where the machine gets Debian 12 and its updates from: code names and addresses, from apt's own list."""
    lines = [line.split() for line in indexes.splitlines()]
    found = {suite: address for address, suite, component in lines if suite.startswith(SUITE) and component == "main"}
    if SUITE not in found:
        raise Problem(
            f"The lab's base image is made from Debian 12's packages, and apt knows no source of them ({SUITE} main).\n"
            f"{REGISTRY_HINT}"
        )
    return found


def sources(mirrors: dict[str, str]) -> str:
    return "".join(f"deb {address} {suite} main\n" for suite, address in sorted(mirrors.items()))


def unpack(root: Path, mirror: str) -> None:
    """Run debootstrap, in a mount namespace of its own because it leaves /proc mounted when it is cut off."""
    buildah.LOGS.mkdir(parents=True, exist_ok=True)
    log = buildah.LOGS / "debootstrap.log"
    with log.open("w") as file:
        line = ("unshare", "--mount", "--propagation", "private", "debootstrap", "--variant=minbase", SUITE, str(root), mirror)
        done = subprocess.run(line, check=False, stdout=file, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Problem(f"debootstrap could not make the base image; its log is {log}.\n{REGISTRY_HINT}")
