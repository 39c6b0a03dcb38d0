"""Images made of one static binary each, for a machine that can reach no registry."""

import hashlib
import io
import json
import platform
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from lab import paths
from lab.commands import run

CTR = ("ctr", "--address", str(paths.CONTAINERD_SOCKET), "--namespace", "k8s.io")
NAMES = ("pause", "node")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def reference(name: str, build: Path) -> str:
    return f"lab.local/{name}:{build.name}"


def loaded() -> set[str]:
    return set(run(*CTR, "images", "ls", "-q").split())


def discard_old(builds: Iterable[Path]) -> None:
    """Forget the images of builds that are gone; containers that still run keep their files."""
    present = {reference(name, build) for name in NAMES for build in builds}
    old = [image for image in loaded() - present if image.split(":")[0] in {f"lab.local/{name}" for name in NAMES}]
    if old:
        run(*CTR, "images", "rm", *old)


def load(name: str, build: Path) -> None:
    """Import a program of the build as the image of the same name, with the program as its entry point."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        write_archive(Path(archive.name), reference(name, build), build / name)
        run(*CTR, "images", "import", archive.name)


def write_archive(archive: Path, image: str, program: Path) -> None:
    """An OCI image layout in one tar file: a layer with one executable, its configuration and its manifest."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as content:
        entry = tarfile.TarInfo(program.name)
        entry.size, entry.mode = program.stat().st_size, 0o755
        with program.open("rb") as file:
            content.addfile(entry, file)
    data = layer.getvalue()
    config = {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Entrypoint": [f"/{program.name}"], "User": "65534:65534"},
        "rootfs": {"type": "layers", "diff_ids": [digest(data)]},
    }
    with tarfile.open(archive, mode="w") as layout:
        described_config = add_blob(layout, json.dumps(config).encode(), "image.config.v1+json")
        described_layer = add_blob(layout, data, "image.layer.v1.tar")
        manifest = {"schemaVersion": 2, "config": described_config, "layers": [described_layer]}
        described = add_blob(layout, json.dumps(manifest).encode(), "image.manifest.v1+json")
        described["annotations"] = {"io.containerd.image.name": image}
        add(layout, "index.json", json.dumps({"schemaVersion": 2, "manifests": [described]}).encode())
        add(layout, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def add_blob(layout: tarfile.TarFile, content: bytes, kind: str) -> dict[str, object]:
    name = digest(content)
    add(layout, f"blobs/{name.replace(':', '/')}", content)
    return {"mediaType": f"application/vnd.oci.{kind}", "digest": name, "size": len(content)}


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
