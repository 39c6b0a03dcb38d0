"""Brings built images to where pods find them: the lab's containerd, or a registry."""

import json
import tempfile
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from images import base, buildah, catalogue
from images.build import Build, build
from lab import commands
from lab.images import CTR, loaded
from lab.problem import Problem
from lab.screen import say, step


def load(names: Iterable[str]) -> None:
    """Bring the images of the present sources into the lab."""
    missing = [name for name in names if catalogue.lab_reference(name) not in loaded()]
    if not missing:
        say(f"  the lab has the images of these sources: {', '.join(names)}")
        return
    with buildah.session():
        for made in [build(name, base.LAB) for name in missing]:
            with step(f"load {made.name}") as note, tempfile.TemporaryDirectory(dir=buildah.HOME) as folder:
                archive = f"{folder}/image.tar"
                buildah.run(
                    "push", "--signature-policy", buildah.POLICY, made.tag, f"docker-archive:{archive}:{made.tag}"
                )
                commands.run(*CTR, "images", "import", archive)
                note.say("done")
        forget_outdated()


def forget_outdated() -> None:
    """Remove from the lab what the store has forgotten, unless a container runs it."""
    listing = commands.run(*CTR, "images", "ls")
    kept = {*buildah.tags(), *commands.run(*CTR, "containers", "ls").split()}
    if forgotten := outdated(listing, kept):
        commands.run(*CTR, "images", "rm", *forgotten)


def outdated(listing: str, kept: set[str]) -> list[str]:
    """What to remove of containerd's images: old names of ours, with the other names of the same content."""
    names: dict[str, list[str]] = {}
    for line in listing.splitlines()[1:]:
        name, _, digest = line.split()[:3]
        names.setdefault(digest, []).append(name)
    ours = {f"{catalogue.LAB}/{name}" for name in catalogue.CONTEXTS}
    return [
        name
        for group in names.values()
        if not kept.intersection(group) and any(name.rpartition(":")[0] in ours for name in group)
        for name in group
    ]


def push(names: Iterable[str], registry: str, stack: str, on: str) -> None:
    """Push the images and record for the stack the digests the registry knows them by."""
    if "://" in registry:
        raise Problem(
            f"REGISTRY={registry} is an address; give the host and the path alone, such as {registry.partition('://')[2]}"
        )
    builds = [build(name, on) for name in names]
    pins = {made.name: push_one(made, registry) for made in builds}
    file = catalogue.lock_file(stack)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(f"{json.dumps(pins, indent=2)}\n")
    unfinished.replace(file)
    say(f"The digests are in {file.relative_to(catalogue.REPOSITORY)}. Commit it: it is what stack {stack} runs.")


def push_one(made: Build, registry: str) -> catalogue.Pin:
    with step(f"push {made.name}") as note, tempfile.TemporaryDirectory(dir=buildah.HOME) as folder:
        digest = Path(folder) / "digest"
        options = ["--signature-policy", buildah.POLICY, "--digestfile", digest]
        options += ["--tls-verify=false"] if is_loopback(registry) else []
        buildah.run("push", *options, made.tag, f"docker://{registry}/{made.name}:{made.content}")
        note.say("done")
        return {"reference": f"{registry}/{made.name}@{digest.read_text().strip()}", "content": made.content}


def is_loopback(registry: str) -> bool:
    """Whether a registry is on this machine, where it may speak plain http."""
    address = registry.partition("/")[0]
    host = address.rpartition(":")[0] if address.rpartition(":")[2].isdecimal() else address
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
