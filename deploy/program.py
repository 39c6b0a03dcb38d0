"""What a stack declares, as both ways of bringing it up need it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from components.naming import NOT_WAITED_FOR
from deploy.inventory import Item, item_of
from deploy.kubectl import Manifest
from deploy.values import Place
from deploy.verdict import Workload
from preview.inventory import Declared, Inventory
from preview.manifests import manifests, only_by_engine

_WORKLOADS: Final = ("StatefulSet", "Deployment", "DaemonSet", "Job")
_PROVIDERS: Final = "pulumi:providers:"
_GENERATED: Final = "random:"
_KEYCLOAK: Final = "keycloak:"


@dataclass(frozen=True)
class Program:
    stack: str
    namespace: str
    """Where the platform itself lives."""
    objects: tuple[Manifest, ...]
    """In the order to apply them; Secrets without their values."""
    references: dict[Place, str]
    """What stands for the values of the Secrets."""
    protected: frozenset[tuple[str, str, str]] = frozenset()
    """Kind, namespace and name of what outlives the platform."""
    declared: frozenset[str] = frozenset()
    """What the engine calls everything."""
    generated: tuple[str, ...] = ()
    """What the engine calls the resources that generate values, and the components above them."""
    realm: tuple[Declared, ...] = ()
    """What a Keycloak holds of it."""
    only_by_engine: tuple[str, ...] = ()
    """What stands against bringing it up without an engine."""
    packages: frozenset[str] = frozenset()
    """The engine's providers that the program uses."""
    first: tuple[Workload, ...] = ()
    later: frozenset[tuple[str, str, str]] = frozenset()
    """Kind, namespace and name of what is only applied once the workloads in `first` are ready."""

    @property
    def items(self) -> list[Item]:
        return [item_of(found, protected=_identity(found) in self.protected) for found in self.objects]

    @property
    def workloads(self) -> list[Workload]:
        return [_workload(found) for found in self.objects if found["kind"] in _WORKLOADS and _is_waited_for(found)]

    def is_later(self, found: Manifest) -> bool:
        return _identity(found) in self.later

    @property
    def expected(self) -> list[Place]:
        """The keys of Secrets that somebody else keeps, and that pods of ours read."""
        ours = {(item.namespace, item.name) for item in self.items if item.kind == "Secret"}
        used = {place for found in self.objects for place in _secrets_read(found)}
        return sorted(place for place in used if (place.namespace, place.secret) not in ours)


def program_of(inventory: Inventory, namespace: str) -> Program:
    rendered = manifests(inventory, by_engine=True)
    kubernetes = [resource for resource in inventory.resources if resource.is_kubernetes]
    packages = {resource.type.partition(":")[0] for resource in inventory.resources if not resource.is_component}
    used = {
        resource.type.removeprefix(_PROVIDERS)
        for resource in inventory.resources
        if resource.type.startswith(_PROVIDERS)
    }
    workloads = {r.urn: _workload(r.inputs) for r in kubernetes if r.inputs["kind"] in _WORKLOADS}
    later = [resource for resource in kubernetes if workloads.keys() & resource.depends_on]
    return Program(
        stack=inventory.stack,
        namespace=namespace,
        objects=rendered.objects,
        references={Place(found.namespace, found.name, found.key): found.reference for found in rendered.references},
        protected=frozenset(_identity(resource.inputs) for resource in kubernetes if resource.protect),
        declared=frozenset(resource.urn for resource in inventory.resources),
        generated=_with_components(inventory, (r for r in inventory.resources if r.type.startswith(_GENERATED))),
        realm=tuple(resource for resource in inventory.resources if resource.type.startswith(_KEYCLOAK)),
        only_by_engine=tuple(only_by_engine(inventory)),
        packages=frozenset((packages - {"pulumi"}) | used),
        first=tuple(sorted({workloads[urn] for r in later for urn in workloads.keys() & r.depends_on}, key=str)),
        later=frozenset(_identity(resource.inputs) for resource in later),
    )


def _with_components(inventory: Inventory, resources: Iterable[Declared]) -> tuple[str, ...]:
    by_urn = {resource.urn: resource for resource in inventory.resources}
    found: set[str] = set()
    for resource in resources:
        urn = resource.urn
        while urn in by_urn:
            found.add(urn)
            urn = by_urn[urn].parent
    return tuple(sorted(found))


def _identity(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def _workload(manifest: Manifest) -> Workload:
    return Workload(*_identity(manifest))


def _is_waited_for(manifest: Manifest) -> bool:
    return not NOT_WAITED_FOR.items() <= manifest["metadata"].get("annotations", {}).items()


def _secrets_read(manifest: Manifest) -> Iterator[Place]:
    namespace = manifest["metadata"].get("namespace", "")
    pod: dict[str, Any] = manifest.get("spec", {}).get("template", {}).get("spec", {})
    for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
        sources = [variable.get("valueFrom", {}).get("secretKeyRef") for variable in container.get("env", ())]
        yield from (Place(namespace, found["name"], found["key"]) for found in sources if found)
    for volume in pod.get("volumes", ()):
        whole = volume.get("secret")
        parts = [source.get("secret") for source in volume.get("projected", {}).get("sources", ())]
        read = [(whole["secretName"], whole.get("items", ()))] if whole else []
        read += [(part["name"], part.get("items", ())) for part in parts if part]
        yield from (Place(namespace, name, item["key"]) for name, items in read for item in _keys(items))


def _keys(items: Iterable[dict[str, str]]) -> Iterable[dict[str, str]]:
    """Every key that is read; a volume of a whole Secret needs it to exist, whatever its keys."""
    return items or ({"key": ""},)
