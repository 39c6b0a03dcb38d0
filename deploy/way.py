"""By which way a stack is brought up: the engine where it can be had, kubectl where not, and never both. Pure."""

from typing import Any, Final, Literal

from deploy.kubectl import FIELD_MANAGER, Manifest
from lab.problem import Problem

Way = Literal["engine", "kubectl"]
ENGINE_MANAGER: Final = "pulumi-kubernetes"
"""What the engine's provider calls itself in an object's managed fields, before a suffix of its own."""
_NAMES: Final[dict[Way, str]] = {"engine": "the Pulumi engine", "kubectl": "kubectl"}


def choose(stack: str, forced: Way | None, made: Way | None, unavailable: str | None) -> Way:
    """`made` is how the stack was brought up before, `unavailable` why the engine cannot be had now."""
    wanted: Way = forced or ("kubectl" if unavailable else "engine")
    if made and made != wanted:
        stay = f"stay with it: make up STACK={stack} WAY={made}"
        if made == "engine" and unavailable:
            stay = f"stay with it once this is mended: {unavailable}"
        raise Problem(
            f"stack {stack} was brought up with {_NAMES[made]}, and two ways at once would undo each other's work.\n"
            f"Move it: make move STACK={stack} TO={wanted}\nOr {stay}"
        )
    if wanted == "engine" and unavailable:
        raise Problem(f"the engine was asked for, and {unavailable}")
    return wanted


def made_by(namespace: Manifest | None, *, inventory: bool) -> Way | None:
    """How a stack was brought up before: by its namespace with managed fields, and whether kubectl's inventory is there."""
    metadata: dict[str, Any] = {} if namespace is None else namespace["metadata"]
    managers: list[str] = [field["manager"] for field in metadata.get("managedFields", ())]
    if inventory or FIELD_MANAGER in managers:
        return "kubectl"
    return "engine" if any(manager.startswith(ENGINE_MANAGER) for manager in managers) else None
