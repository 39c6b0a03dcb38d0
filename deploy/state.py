"""Changes to the engine's exported state, which only a move and a killed run ask for. Pure."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from preview.inventory import Declared

State = dict[str, Any]
"""What `pulumi stack export` writes."""


@dataclass(frozen=True)
class Adopted:
    """A resource that the engine has not made."""

    id: str
    outputs: Mapping[str, Any]
    """What its provider asks for it by."""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the program may not change about it any more."""


_SECRET: Final = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""The engine's own mark of a secret value."""


def without_pending(state: State) -> State | None:
    """None where no run was killed. What it was making is taken over, what it was deleting is deleted again."""
    deployment = state["deployment"]
    if not deployment.get("pending_operations"):
        return None
    return {**state, "deployment": {**deployment, "pending_operations": []}}


def left_behind(state: State, declared: Collection[str]) -> list[str]:
    """What is protected and no longer declared. The engine would refuse to go on because of it."""
    resources: list[State] = state["deployment"].get("resources") or []
    return [found["urn"] for found in resources if found.get("protect") and found["urn"] not in declared]


def released(state: State, urns: Collection[str]) -> State:
    """The next run forgets these, and leaves them on the cluster."""
    deployment = state["deployment"]
    resources = [
        {**found, "protect": False, "retainOnDelete": True} if found["urn"] in urns else found
        for found in deployment["resources"]
    ]
    return {**state, "deployment": {**deployment, "resources": resources}}


def adopted(state: State, declared: Iterable[Declared], held: Mapping[str, Adopted]) -> State:
    """With resources that are there, and that the state does not know; the next refresh reads all there is to know of them."""
    deployment = state["deployment"]
    there = {found["urn"]: found for found in deployment["resources"]}
    fresh = [
        {
            "urn": resource.urn,
            "custom": True,
            "id": held[resource.urn].id,
            "type": resource.type,
            "inputs": dict(held[resource.urn].inputs),
            "outputs": dict(held[resource.urn].outputs),
            "parent": resource.parent,
            "provider": f"{resource.provider}::{there[resource.provider]['id']}",
        }
        for resource in declared
        if resource.urn in held and resource.urn not in there
    ]
    return {**state, "deployment": {**deployment, "resources": [*deployment["resources"], *fresh]}}


def with_values(state: State, values: Mapping[str, str]) -> State:
    """The generated values of a cluster in place of those the engine has just made, by name."""
    deployment = state["deployment"]
    resources = [_with_value(resource, values) for resource in deployment["resources"]]
    return {**state, "deployment": {**deployment, "resources": resources}}


def _with_value(resource: State, values: Mapping[str, str]) -> State:
    name = resource["urn"].rpartition("::")[2]
    if resource["type"] != "random:index/randomPassword:RandomPassword" or name not in values:
        return resource
    # Its bcryptHash stays that of another password: the program does not read it.
    result = {**_SECRET, "plaintext": json.dumps(values[name])}
    return {**resource, "outputs": {**resource["outputs"], "result": result}}
