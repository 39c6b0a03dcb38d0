"""Changes to the engine's exported state, which only a move and a killed run ask for. Pure."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

State = dict[str, Any]
"""What `pulumi stack export` writes."""

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
