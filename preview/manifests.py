"""Plain Kubernetes manifests out of an inventory, in the order to apply them; secrets leave as references. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from preview.inventory import Declared, Inventory, Secret, Unknown, Value, is_reference
from preview.naming import title_of

ORDER: Final = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "ResourceQuota",
    "LimitRange",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ServiceAccount",
    "ClusterRole",
    "Role",
    "ClusterRoleBinding",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Service",
    "StatefulSet",
    "Deployment",
    "DaemonSet",
    "CronJob",
    "Job",
    "Ingress",
)
"""Each kind after those it needs; any other kind comes last, it may need any of these."""

CLUSTER_WIDE: Final = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    }
)
_FIRST_KEYS: Final = ("apiVersion", "kind", "metadata", "type")
_BESIDE: Final = ("pulumi:providers:", "random:", "keycloak:")
"""What becomes no manifest without being lost: generated values live on in the references, a realm in a document of its own."""
_EDGE: Final = "cloudflare:"
_EMBEDDED: Final = re.compile(r"<<(generated|declared|id):")


class RenderError(Exception):
    """What a render cannot hold, all of it at once, with the reasons."""

    def __init__(self, stack: str, reasons: list[str]) -> None:
        super().__init__("\n".join([f"{stack} cannot be rendered:", *(f"  {reason}" for reason in reasons)]))


@dataclass(frozen=True, order=True)
class Reference:
    """One value of one Secret, by what stands for it."""

    namespace: str
    name: str
    key: str
    reference: str


@dataclass(frozen=True)
class Manifests:
    objects: tuple[dict[str, Any], ...]
    references: tuple[Reference, ...]


def manifests(inventory: Inventory, kept: Mapping[str, str] | None = None, *, by_engine: bool = False) -> Manifests:
    """Everything a cluster is told; what is generated lives on in the references, what is no manifest is refused.

    `kept` are annotations for what must not be deleted. What only an engine makes is no reason to refuse where it does.
    """
    objects = [resource for resource in inventory.resources if resource.is_kubernetes]
    asked = objects if by_engine else inventory.resources
    reasons = [reason for resource in asked for reason in _reasons(resource)]
    if reasons:
        raise RenderError(f"stack {inventory.stack}", reasons)
    return Manifests(
        objects=tuple(_manifest(resource, kept or {}) for resource in sorted(objects, key=_place)),
        references=tuple(sorted(reference for resource in objects for reference in _references(resource))),
    )


def only_by_engine(inventory: Inventory) -> list[str]:
    """What no cluster can be told, a reason each."""
    return [reason for resource in inventory.resources if not resource.is_kubernetes for reason in _reasons(resource)]


def _reasons(resource: Declared) -> Iterator[str]:
    title = title_of(resource)
    if not resource.is_kubernetes:
        if not (resource.is_component or resource.type.startswith(_BESIDE)):
            what = "an edge" if resource.type.startswith(_EDGE) else "it"
            yield f"{title} ({resource.type}): only an engine can make {what}; use `pulumi up` for this stack"
        return
    inputs = resource.inputs
    if "apiVersion" not in inputs or "kind" not in inputs or resource.type.endswith("Patch"):
        yield f"{title} ({resource.type}): only an engine can make it; declare the objects themselves"
        return
    metadata = inputs.get("metadata", {})
    needed = ("name",) if inputs["kind"] in CLUSTER_WIDE else ("namespace", "name")
    for part in needed:
        if not isinstance(metadata.get(part), str) and inputs["kind"] in ORDER:
            yield f"{title}: metadata.{part} is missing; give it a fixed one"
    for path, leaf in _leaves(dict(inputs), ""):
        reason = _reason(path, leaf, is_secret=_is_secret(resource))
        if reason:
            yield f"{title}: {path} {reason}"


def _reason(path: str, leaf: Value, *, is_secret: bool) -> str | None:
    """What speaks against one value of a manifest."""
    match leaf:
        case Secret(value=value) if is_secret and path.startswith("stringData."):
            return None if is_reference(value) else "is not exactly one secret; put each into a key of its own"
        case Secret():
            return "is secret, and this is no place for one; put it into stringData of a Secret"
        case None | Unknown():
            return "is only known to the cluster; a manifest needs a value"
        case str() if _EMBEDDED.search(leaf):
            return "holds what only an engine knows, or a secret in the clear; put secrets into a Secret"
        case _:
            return None


def _leaves(node: Value, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list) and node:
        for place, value in enumerate(node):
            yield from _leaves(value, f"{path}[{place}]")
    else:
        yield path, node


def _is_secret(resource: Declared) -> bool:
    return resource.type == "kubernetes:core/v1:Secret"


def _manifest(resource: Declared, kept: Mapping[str, str]) -> dict[str, Any]:
    first = {key: resource.inputs[key] for key in _FIRST_KEYS if key in resource.inputs}
    withheld = {"stringData", "data"} if _is_secret(resource) else set[str]()
    manifest = first | {key: value for key, value in resource.inputs.items() if key not in withheld}
    if resource.protect and kept:
        annotations = {**manifest["metadata"].get("annotations", {}), **kept}
        manifest["metadata"] = {**manifest["metadata"], "annotations": annotations}
    return manifest


def _references(resource: Declared) -> Iterator[Reference]:
    if _is_secret(resource):
        metadata = resource.inputs["metadata"]
        for key, secret in resource.inputs.get("stringData", {}).items():
            yield Reference(metadata["namespace"], metadata["name"], key, secret.value)


def _place(resource: Declared) -> tuple[int, str, str, str]:
    kind, metadata = resource.inputs["kind"], resource.inputs["metadata"]
    rank = ORDER.index(kind) if kind in ORDER else len(ORDER)
    return rank, kind, metadata.get("namespace", ""), metadata["name"]
