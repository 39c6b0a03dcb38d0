"""Builds what the sources say is missing."""

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from images import base, buildah, catalogue
from lab import build as go
from lab import cloudflare
from lab.screen import step

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
LENT = "/run/secrets/site-ca"
COMPILERS: dict[str, Callable[[Path], None]] = {
    "cloudflared": cloudflare.compile_connector,
    "scheduler": partial(go.compile_kubernetes, "k8s.io/kubernetes/cmd/kube-scheduler"),
}
KEPT = 2
"""How many builds of an image the store remembers: the present one and the one to go back to."""


@dataclass(frozen=True)
class Build:
    name: str
    content: str
    """The hash of the sources."""
    tag: str
    """What the store calls it."""


def build(name: str, on: str) -> Build:
    """The image of the present sources on a base, made where the store lacks it."""
    with context(name) as folder:
        content = catalogue.content_hash(name, folder)
        made = Build(name, content, tag(name, content, on))
        there = made.tag in buildah.tags()
        options = [] if there else ["--build-arg", f"BASE={below(name, on)}", *certificate_options(CERTIFICATES)]
        with step(f"build {name}") as note:
            if not there:
                compile_program(name, folder)
                buildah.build(made.tag, folder, folder / "images" / name / "Dockerfile", options, log=name)
                for forgotten in outdated(buildah.tags(), made.tag):
                    buildah.run("rmi", forgotten)
                note.say("done")
    return made


def below(name: str, on: str) -> str:
    """What an image is built on: another one of ours, or the base."""
    return build(catalogue.BUILT_ON[name], on).tag if name in catalogue.BUILT_ON else base.ensure(on)


def compile_program(name: str, folder: Path) -> None:
    """The one program of an image that holds nothing else, out of the caches the lab's own programs fill."""
    if program := catalogue.PROGRAMS.get(name):
        go.check_go()
        COMPILERS[name](folder / "images" / name / program)


def tag(name: str, content: str, on: str) -> str:
    """On the lab's base, what the lab calls the image; another name for each other base."""
    if on == base.LAB:
        return f"{catalogue.LAB}/{name}:{content}"
    return f"localhost/{on.lower().replace(':', '/').replace('@', '/')}/{name}:{content}"


@contextmanager
def context(name: str) -> Generator[Path]:
    """A folder with the files the image is hashed from and no others, as they are at this moment."""
    with tempfile.TemporaryDirectory(dir=buildah.HOME) as made:
        for path in catalogue.context_files(name):
            source, target = catalogue.REPOSITORY / path, Path(made) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(catalogue.mode(source))
        yield Path(made)


def certificate_options(certificates: Path) -> list[str]:
    """Lends the build the authorities this machine trusts: a site may have one of its own."""
    if not certificates.exists():
        return []
    lent = [f"{variable}={LENT}" for variable in ("PIP_CERT", "NODE_EXTRA_CA_CERTS")]
    return ["--secret", f"id=site-ca,src={certificates}", *(word for each in lent for word in ("--build-arg", each))]


def outdated(newest_first: list[str], made: str) -> list[str]:
    """The builds of the same image to forget, the newest ones aside."""
    others = [known for known in newest_first if known.rpartition(":")[0] == made.rpartition(":")[0] and known != made]
    return others[KEPT - 1 :]
