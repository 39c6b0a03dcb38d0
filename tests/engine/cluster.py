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
    """Every object with our label, of whatever kind, that no other object has made; the namespaces among them."""
    kinds = kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
    found = [item for n in namespaces for item in objects(",".join(kinds), n, f"--selector={_OURS}")]
    found += [json.loads(kubectl("get", "namespace", n, "--output=json")) for n in namespaces]
    return {
        identity(item)
        for item in found
        if not item["metadata"].get("ownerReferences") and item["kind"] != _COPIES_ITS_SERVICES_LABELS
    }


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
