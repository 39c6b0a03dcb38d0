"""What a stack declares, as the rules over all of it ask for it."""

from collections.abc import Iterator
from typing import Any, cast

from preview.inventory import Declared, Inventory


def objects(stack: Inventory) -> list[Declared]:
    return [resource for resource in stack.resources if resource.is_kubernetes]


def name(resource: Declared) -> tuple[str, str, str]:
    metadata = resource.inputs["metadata"]
    return resource.inputs["kind"], metadata.get("namespace", ""), metadata["name"]


def leaves(node: Any) -> Iterator[object]:
    if isinstance(node, dict):
        for value in cast("dict[str, Any]", node).values():
            yield from leaves(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            yield from leaves(value)
    else:
        yield node


def pods(stack: Inventory) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in objects(stack):
        template = resource.inputs.get("spec", {}).get("template")
        if template:
            yield resource.inputs["metadata"]["namespace"], template


def containers(stack: Inventory) -> Iterator[dict[str, Any]]:
    for _, template in pods(stack):
        yield from template["spec"]["containers"]
        yield from template["spec"].get("initContainers", [])
