"""How a person calls a resource, and where in the tree it stands. Pure."""

from typing import Any

from preview.inventory import Declared, Inventory


def kind_of(resource: Declared) -> str:
    return resource.type.rpartition(":")[2]


def title_of(resource: Declared) -> str:
    """What it is and what it is called: on a cluster by the name it has there, elsewhere by its name in the program."""
    metadata: dict[str, Any] = resource.inputs.get("metadata", {})
    names = [metadata[part] for part in ("namespace", "name") if isinstance(metadata.get(part), str)]
    if resource.is_kubernetes and names:
        return f"{kind_of(resource)} {'/'.join(names)}"
    if resource.type.startswith("pulumi:providers:"):
        return f"{kind_of(resource)} provider {resource.name}"
    return f"{kind_of(resource)} {resource.name}"


def component_of(resource: Declared, inventory: Inventory) -> str:
    """The names of the components it stands below, from the top."""
    by_urn = {other.urn: other for other in inventory.resources}
    names: list[str] = []
    parent = by_urn.get(resource.parent)
    while parent is not None:
        names.insert(0, parent.name)
        parent = by_urn.get(parent.parent)
    return " / ".join(names) or "stack"
