"""The way without an engine: the program's own manifests, applied and pruned with kubectl."""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Final

from deploy import inventory, rollout
from deploy.console import note
from deploy.inventory import Item
from deploy.kubectl import Kubectl, Manifest
from deploy.program import Program
from deploy.values import Place, fill, with_values
from lab.problem import Problem

_FIRST: Final = ("Namespace", "CustomResourceDefinition")
"""Others cannot even be sent before these exist."""


def kept_values(kubectl: Kubectl, places: Iterable[Place]) -> dict[Place, str]:
    """What the cluster's Secrets hold of these places; an empty key asks for the Secret alone."""
    wanted = list(places)
    secrets = sorted({(place.namespace, place.secret) for place in wanted})
    found = kubectl.fetch(Item("v1", "Secret", namespace, name).stub for namespace, name in secrets)
    held = {(o["metadata"]["namespace"], o["metadata"]["name"]): {"": "", **o.get("data", {})} for o in found}
    return {
        place: b64decode(held[place.namespace, place.secret][place.key]).decode()
        for place in wanted
        if place.key in held.get((place.namespace, place.secret), {})
    }


def up(kubectl: Kubectl, program: Program, kept: Mapping[Place, str], given: Mapping[str, str]) -> None:
    """Apply everything, then delete what an earlier run applied and this one no longer declares.

    The inventory names at every moment all that may be there, so the next run finishes one that was killed.
    """
    values = fill(program.references, kept, given)
    earlier = inventory.read(kubectl, program.namespace) or []
    change = inventory.compare(earlier, program.items)
    versions = {_identity(found): _version(found) for found in kubectl.fetch(item.stub for item in program.items)}

    applied = kubectl.apply(found for found in program.objects if found["kind"] in _FIRST)
    inventory.write(kubectl, program.namespace, inventory.merged(earlier, program.items))
    others = [
        with_values(found, values, program.references) for found in program.objects if found["kind"] not in _FIRST
    ]
    applied += _apply(kubectl, (found for found in others if not program.is_later(found)))
    if program.first:
        rollout.wait(kubectl, program.first)
        applied += _apply(kubectl, (found for found in others if program.is_later(found)))
    _report(applied, versions)

    for line in kubectl.delete(item.stub for item in change.delete):
        note(line)
    for item in change.keep:
        note(f"{item} is no longer declared, and kept for the data it holds")
    inventory.write(kubectl, program.namespace, [*change.keep, *program.items])


def down(kubectl: Kubectl, namespace: str, *, data: bool) -> None:
    """Delete what was applied; with `data` also what holds data, the namespaces with everything in them last."""
    items = inventory.read(kubectl, namespace) or []
    for line in kubectl.delete(item.stub for item in reversed(items) if data or not item.protected):
        note(line)
    if not data and items:
        inventory.write(kubectl, namespace, [item for item in items if item.protected])


def explained(refusal: str) -> str:
    """The cluster's own words without the dump it adds, and what to do where a value cannot be changed."""
    words = refusal.partition("\n@@")[0]
    if not re.search(r"immutable|updates to statefulset spec", words):
        return words
    return (
        f"{words}\nto mend it: restore the earlier value in the stack file. Where that is no choice, delete the object with "
        "kubectl and run this again; a claim takes its data with it"
    )


def _apply(kubectl: Kubectl, manifests: Iterable[Manifest]) -> list[Manifest]:
    try:
        return kubectl.apply(manifests)
    except Problem as refused:
        raise Problem(explained(str(refused))) from refused


def _report(applied: Iterable[Manifest], versions: Mapping[str, str]) -> None:
    unchanged = 0
    for found in applied:
        before = versions.get(_identity(found))
        if before == _version(found):
            unchanged += 1
        else:
            note(f"{_identity(found)} {'changed' if before else 'made'}")
    note(f"{unchanged} objects were as they should be")


def _identity(found: Manifest) -> str:
    return str(inventory.item_of(found))


def _version(found: Manifest) -> str:
    return found["metadata"]["resourceVersion"]
