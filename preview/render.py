"""Writes the manifests of a stack into a directory: one numbered file per object, and the list of references."""

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import yaml

from preview.delivery import KEPT
from preview.inventory import Inventory
from preview.manifests import Manifests, manifests

REFERENCES: Final = "references.json"
APPLICATION: Final = "application.yaml"
REALM: Final = "realm.json"
_KUSTOMIZATION: Final = "kustomization.yaml"
_OBJECT_FILE: Final = re.compile(r"[0-9]{3}-[a-z0-9.-]+\.yaml")


class ForeignDirectoryError(Exception):
    """The directory holds something that no render has written."""


def render(
    inventory: Inventory, out: Path, application: dict[str, Any] | None = None, realm: dict[str, Any] | None = None
) -> int:
    """Write all of it, or nothing; an earlier render is replaced whole. Returns the number of objects.

    With an Application of Argo CD beside the manifests, they are written for it. A realm is for Keycloak's own import.
    """
    rendered = manifests(inventory, KEPT if application else None)
    written = files(inventory.stack, rendered) | ({APPLICATION: to_yaml(application)} if application else {})
    written |= {REALM: json.dumps(realm, indent=2) + "\n"} if realm else {}
    _require_own(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name, content in written.items():
            (fresh / name).write_text(content)
        fresh.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return len(rendered.objects)


def files(stack: str, rendered: Manifests) -> dict[str, str]:
    """The content of every file by its name, the same for the same declarations."""
    objects = {_name(place, manifest): to_yaml(manifest) for place, manifest in enumerate(rendered.objects, 1)}
    references = {"stack": stack, "references": [asdict(reference) for reference in rendered.references]}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(objects),
    }
    return objects | {REFERENCES: json.dumps(references, indent=2) + "\n", _KUSTOMIZATION: to_yaml(kustomization)}


def _name(place: int, manifest: dict[str, Any]) -> str:
    metadata: dict[str, str] = manifest["metadata"]
    words = [manifest["kind"].lower(), metadata.get("namespace"), metadata["name"]]
    return f"{place:03}-{'-'.join(re.sub('[^a-z0-9.-]', '-', word) for word in words if word)}.yaml"


def _require_own(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise ForeignDirectoryError(f"{out} is no directory; name another one")
    there = sorted(path.name for path in out.iterdir())
    ours = (REFERENCES, APPLICATION, REALM, _KUSTOMIZATION)
    foreign = [name for name in there if name not in ours and not _OBJECT_FILE.fullmatch(name)]
    if there and (foreign or REFERENCES not in there):
        raise ForeignDirectoryError(
            f"{out} holds {(foreign or there)[0]}, which no render wrote; empty it or name another directory"
        )


class _Dumper(yaml.SafeDumper):
    """Strings of several lines stay readable, and no object is written as a reference to another."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(_dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def to_yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
