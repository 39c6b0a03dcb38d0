"""What is on a cluster of a stack once nothing of it runs any more."""

from typing import Any

from components.naming import HUB_SETTINGS
from hub.homes import USERNAME
from tests.e2e import surroundings
from tests.e2e.cluster import objects
from tests.engine.checkout import Checkout

USERS = ("alice", "bob")
PEOPLE = "2 users (alice, bob)"


def leave_behind(checkout: Checkout) -> None:
    """Its namespaces, its claims, what its hub was told, and a home for each user."""
    kinds = ("Namespace", "PersistentVolumeClaim", "ConfigMap")
    declared = [resource.inputs for resource in checkout.declared().resources if resource.is_kubernetes]
    for item in sorted(
        (item for item in declared if item["kind"] in kinds), key=lambda item: kinds.index(item["kind"])
    ):
        if item["kind"] != "ConfigMap" or item["metadata"]["name"] == HUB_SETTINGS:
            surroundings.apply(item)
    for user in USERS:
        surroundings.apply(home_of(user, checkout.namespaces[1]))


def home_of(user: str, namespace: str) -> dict[str, Any]:
    """As KubeSpawner makes it."""
    metadata = {"name": f"claim-{user}", "namespace": namespace, "annotations": {USERNAME: user}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def versions(platform: Checkout) -> dict[str, str]:
    kinds = "pvc,configmaps,secrets,deployments,statefulsets,resourcequotas"
    found = [item for namespace in platform.namespaces for item in objects(kinds, namespace)]
    return {f"{item['kind']} {item['metadata']['name']}": item["metadata"]["resourceVersion"] for item in found}
