"""What the images stand on: Debian's slim image from a registry, or the same made from the machine's Debian mirror."""

import subprocess
import tempfile
from pathlib import Path

from images import buildah
from lab.commands import run
from lab.problem import Problem
from lab.screen import step

LAB = "lab"
"""The base for machines that reach no registry."""
REGISTRY = "docker.io/library/debian:12-slim"
SUITE = "bookworm"
LAB_TAG = f"lab.local/debian:{SUITE}"
# As Debian's slim image leaves them out.
UNREAD = ("/usr/share/doc", "/usr/share/man", "/usr/share/locale")
DOCKERFILE = """\
FROM scratch
ADD root.tar /
RUN apt-get update \\
 && apt-get upgrade --yes \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
CMD ["bash"]
"""


def ensure(base: str) -> str:
    """The reference of the base in the store, brought there where it is missing."""
    reference = LAB_TAG if base == LAB else base
    if reference not in buildah.tags():
        with step(f"base {base}") as note:
            if base == LAB:
                make()
            else:
                pull(base)
            note.say("done")
    return reference


def pull(base: str) -> None:
    try:
        buildah.run("pull", "--signature-policy", buildah.POLICY, base)
    except Problem as problem:
        raise Problem(
            f"The base image {base} cannot be had from its registry. {problem}\n"
            f"`python3 -m images push --base {LAB} ...` makes one from Debian's packages instead."
        ) from None


def make() -> None:
    """Debian with what is essential and its security updates, from debootstrap."""
    indexes = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages")
    mirrors = debian_mirrors(indexes)
    with tempfile.TemporaryDirectory(dir=buildah.HOME) as made:
        root = Path(made) / "root"
        unpack(root, mirrors[SUITE])
        (root / "etc/apt/sources.list").write_text(sources(mirrors))
        (root / "etc/dpkg/dpkg.cfg.d/slim").write_text("".join(f"path-exclude {path}/*\n" for path in UNREAD))
        left_out = ["/dev/*", "/etc/hostname", "/etc/resolv.conf", "/var/cache/apt/*", "/var/lib/apt/lists/*"]
        left_out += [f"{path}/*" for path in UNREAD]
        excluded = [f"--exclude=.{path}" for path in left_out]
        run("tar", "--create", "--file", f"{made}/root.tar", "--numeric-owner", *excluded, "--directory", root, ".")
        # Only now may the context grow: buildah would copy the unpacked tree as well.
        run("rm", "-rf", root)
        (Path(made) / "Dockerfile").write_text(DOCKERFILE)
        buildah.build(LAB_TAG, Path(made), Path(made) / "Dockerfile", [], log="base")


def debian_mirrors(indexes: str) -> dict[str, str]:
    """Where the machine gets Debian 12 and its updates from: code names and addresses, from apt's own list."""
    lines = [line.split() for line in indexes.splitlines()]
    found = {suite: address for address, suite, component in lines if suite.startswith(SUITE) and component == "main"}
    if SUITE not in found:
        raise Problem(
            f"The lab's base image is made of Debian 12's packages, and apt on this machine names no source of them.\n"
            f"Add one ({SUITE} main) to apt's sources and run `apt-get update`."
        )
    return found


def sources(mirrors: dict[str, str]) -> str:
    return "".join(f"deb {address} {suite} main\n" for suite, address in sorted(mirrors.items()))


def unpack(root: Path, mirror: str) -> None:
    log = buildah.LOGS / "debootstrap.log"
    words = (*buildah.ALONE, "debootstrap", "--variant=minbase", SUITE, str(root), mirror)
    with log.open("w") as output:
        done = subprocess.run(words, check=False, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Problem(f"debootstrap could not make the base image. All it said: {log}")
