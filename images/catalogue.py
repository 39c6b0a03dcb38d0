"""The images of the platform: their names, what each is built from, and which build a stack runs.

Read by the Pulumi program on every run, so it imports nothing but the standard library.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
LAB = "lab.local"

CONTEXTS: dict[str, tuple[str, ...]] = {
    "cloudflared": ("images/cloudflared", "lab/cloudflare/go.mod", "lab/cloudflare/go.sum"),
    "hub": ("images/hub", "hub"),
    "notebook": ("images/notebook",),
    "keycloak": ("images/keycloak",),
    "proxy": ("images/proxy",),
    "postgres": ("images/postgres",),
    "pyspark": ("images/notebook", "images/pyspark"),
    "scipy": ("images/notebook", "images/scipy"),
    "scheduler": ("images/scheduler", "lab/node/go.mod", "lab/node/go.sum"),
    "workspace": ("images/workspace", "workspace"),
}
"""What each image is built from: these files of the repository and those below these folders, and no others."""
SERVERS = ("notebook", "pyspark", "scipy")
"""The images people work in."""
BUILT_ON = {"pyspark": "notebook", "scipy": "notebook"}
"""The images that add to another one of ours, and not to Debian."""
PROGRAMS = {"cloudflared": "cloudflared", "scheduler": "kube-scheduler"}
"""The one program of an image: compiled on this machine, of the versions that the lab pins, and laid beside the Dockerfile."""


class Pin(TypedDict):
    reference: str
    """Where a registry keeps the image, by its digest."""
    content: str
    """The content hash of what the image was built from."""


class UnpinnedImages(Exception):  # noqa: N818  it names a state of the lock file, not a mistake in the program
    """Which lock file does not say what it should, why, and the command that writes it."""


def context_files(name: str, repository: Path = REPOSITORY) -> list[Path]:
    """The files an image is built from, relative to the repository, in a fixed order."""
    roots = [repository / root for root in CONTEXTS[name]]
    found = (path for root in roots for path in ([root] if root.is_file() else root.rglob("*")))
    kept = (path for path in found if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.relative_to(repository) for path in kept)


def content_hash(name: str, repository: Path = REPOSITORY) -> str:
    """One short name for the state of the files an image is built from."""
    total = hashlib.sha256()
    for path in context_files(name, repository):
        content = (repository / path).read_bytes()
        total.update(f"{path.as_posix()}\0{mode(repository / path):o}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:16]


def mode(path: Path) -> int:
    """The permissions a file has in an image: what git keeps of them, whatever the umask of the checkout was."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def lab_reference(name: str) -> str:
    """What the lab calls the image of the present sources."""
    return f"{LAB}/{name}:{content_hash(name)}"


def references(stack: str, names: Iterable[str], *, lab: bool, preview: bool) -> dict[str, str]:
    """The image behind each name, for a stack. Before the first push a preview still shows everything else."""
    if lab:
        return {name: lab_reference(name) for name in names}
    if preview and not lock_file(stack).exists():
        return {name: f"{name}:unpinned" for name in names}
    return pinned(stack, names)


def lock_file(stack: str) -> Path:
    return HERE / f"{stack}.lock.json"


def pinned(stack: str, names: Iterable[str]) -> dict[str, str]:
    """The reference, with a digest, of each image as it was last pushed for the stack."""
    return {name: pin["reference"] for name, pin in read_pins(stack, names).items()}


def stale(stack: str, names: Iterable[str]) -> list[str]:
    """Those of the images whose sources have changed since they were pushed for the stack."""
    return [name for name, pin in read_pins(stack, names).items() if pin["content"] != content_hash(name)]


def read_pins(stack: str, names: Iterable[str]) -> dict[str, Pin]:
    file, wanted = lock_file(stack), list(names)

    def refuse(reason: str) -> UnpinnedImages:
        return UnpinnedImages(f"{file}: {reason}. Push and pin the images with: {pin_command(stack)}")

    try:
        pins: dict[str, Pin] = dict(json.loads(file.read_text()))
    except FileNotFoundError:
        raise refuse("the file is missing, so no image has a digest") from None
    except (ValueError, TypeError):
        raise refuse("this is no JSON object with the images' names") from None
    for name in wanted:
        if not is_pin(pins.get(name)):
            raise refuse(f"`{name}` has no reference with a digest beside the hash of its sources")
    return {name: pins[name] for name in wanted}


def is_pin(found: object) -> bool:
    match found:
        case {"reference": str(reference), "content": str()}:
            return re.search(r"@sha256:[0-9a-f]{64}$", reference) is not None
        case _:
            return False


def pin_command(stack: str) -> str:
    return f"make images REGISTRY=<registry> STACK={stack}"
