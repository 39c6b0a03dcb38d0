"""What the cluster holds of a stack."""

import base64
import json
from collections.abc import Iterable
from typing import Any, Final

from components.naming import labels
from tests.e2e.cluster import kubectl, objects

_OURS: Final = f"app.kubernetes.io/managed-by={labels('')['app.kubernetes.io/managed-by']}"
_COPIES_ITS_SERVICES_LABELS: Final = "Endpoints"

Identity = tuple[str, str, str]
"""Kind, namespace and name."""


def identity(found: dict[str, Any]) -> Identity:
    return found["kind"], found["metadata"].get("namespace", ""), found["metadata"]["name"]


def labelled(namespaces: Iterable[str]) -> set[Identity]:
    """Every object with our label, of whatever kind, that no other object has made.

    What belongs to no namespace, such as the namespaces themselves, has the name of one in its own.
    """
    found = [item for n in namespaces for item in _ours(True, f"--namespace={n}")]
    found += [item for item in _ours(False) if any(n in item["metadata"]["name"] for n in namespaces)]
    return {
        identity(item)
        for item in found
        if not item["metadata"].get("ownerReferences") and item["kind"] != _COPIES_ITS_SERVICES_LABELS
    }


def _ours(namespaced: bool, *where: str) -> list[dict[str, Any]]:
    kinds = kubectl("api-resources", f"--namespaced={namespaced}".lower(), "--verbs=list", "--output=name").split()
    return json.loads(kubectl("get", ",".join(kinds), "--output=json", f"--selector={_OURS}", *where))["items"]


def secret_values(namespaces: Iterable[str]) -> dict[str, str]:
    """The values of all Secrets there, by the name of the Secret and the key."""
    return {
        f"{item['metadata']['name']}/{key}": base64.b64decode(value).decode()
        for namespace in namespaces
        for item in objects("secrets", namespace)
        for key, value in item.get("data", {}).items()
    }


def uids(kind: str, namespaces: Iterable[str]) -> dict[str, str]:
    """What tells objects of a kind from others that once had their names."""
    return {
        item["metadata"]["name"]: item["metadata"]["uid"]
        for namespace in namespaces
        for item in objects(kind, namespace)
    }


def exists(namespace: str) -> bool:
    return bool(kubectl("get", "namespace", namespace, "--ignore-not-found", "--output=name").strip())
