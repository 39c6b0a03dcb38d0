"""What was applied last time, kept in the cluster: what a later run may delete, and how the cluster was made."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final

from deploy.kubectl import Kubectl, Manifest

NAME: Final = "platform-inventory"


@dataclass(frozen=True, order=True)
class Item:
    """One object, by all that is needed to find it again."""

    api_version: str
    kind: str
    namespace: str
    name: str
    protected: bool = False
    """Holds what nobody can make again; deleted only when that is asked for."""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def stub(self) -> Manifest:
        """Enough of a manifest for `kubectl get` and `kubectl delete`."""
        scope = {"namespace": self.namespace} if self.namespace else {}
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": {"name": self.name, **scope}}


def item_of(manifest: Manifest, *, protected: bool = False) -> Item:
    metadata = manifest["metadata"]
    return Item(manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"], protected)


@dataclass(frozen=True)
class Change:
    """What becomes of earlier objects."""

    delete: tuple[Item, ...]
    keep: tuple[Item, ...]
    """No longer declared, and too precious to delete unasked."""


def compare(earlier: Iterable[Item], now: Iterable[Item]) -> Change:
    """Later objects are deleted first."""
    declared = {replace(item, protected=False) for item in now}
    gone = [item for item in earlier if replace(item, protected=False) not in declared]
    return Change(
        delete=tuple(item for item in reversed(gone) if not item.protected),
        keep=tuple(item for item in gone if item.protected),
    )


def merged(earlier: Iterable[Item], now: Iterable[Item]) -> list[Item]:
    """Everything that may be in the cluster while the one is being turned into the other."""
    current = list(now)
    change = compare(earlier, current)
    return [*change.keep, *reversed(change.delete), *current]


def read(kubectl: Kubectl, namespace: str) -> list[Item] | None:
    """None where nothing was ever applied with kubectl."""
    found = kubectl.get("configmap", NAME, namespace)
    return None if found is None else [Item(**entry) for entry in json.loads(found["data"]["objects"])]


def write(kubectl: Kubectl, namespace: str, items: Iterable[Item]) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/part-of": "jupyterhub-platform"},
        },
        "data": {"objects": json.dumps([asdict(item) for item in items], indent=1)},
    }
    kubectl.apply([manifest])


def remove(kubectl: Kubectl, namespace: str) -> None:
    kubectl.delete([Item("v1", "ConfigMap", namespace, NAME).stub])
