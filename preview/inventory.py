"""What a program declares for one stack, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import pulumi

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET_MARK: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark for any secret
_UNKNOWN_MARK: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's own marks on the wire."""


@dataclass(frozen=True)
class Secret:
    """A value the engine would encrypt."""

    value: Any

    def __repr__(self) -> str:
        return f"Secret({self.value!r})" if is_reference(self.value) else "Secret(masked)"


@dataclass(frozen=True)
class Unknown:
    """A value that only exists once the change has been made."""


Value: TypeAlias = "bool | float | str | Secret | Unknown | list[Value] | dict[str, Value] | None"
"""What an input or an output is made of."""


def is_reference(value: object) -> bool:
    """Whether a value stands for one secret of another home, and says nothing about it."""
    return isinstance(value, str) and value.startswith("<<") and value.find(">>") == len(value) - 2


@dataclass(frozen=True)
class Declared:
    """One resource as the engine would receive it: wire names, plain values."""

    type: str
    name: str
    urn: str
    parent: str
    provider: str
    protect: bool
    retain_on_delete: bool
    depends_on: tuple[str, ...]
    inputs: Mapping[str, Any]

    @property
    def is_component(self) -> bool:
        """Components are known by their token, `<project>:<group>:<Class>`; providers' types have a path or a version."""
        return "/" not in self.type and not self.type.startswith("pulumi:")

    @property
    def is_kubernetes(self) -> bool:
        return self.type.startswith("kubernetes:")


@dataclass(frozen=True)
class Log:
    """One message of the program to whoever runs it."""

    severity: str
    message: str


@dataclass(frozen=True)
class Inventory:
    """Everything one program declares for one stack; resources are sorted by URN."""

    stack: str
    resources: tuple[Declared, ...]
    outputs: Mapping[str, Any]
    component_outputs: Mapping[str, Mapping[str, Any]]
    """By the component's URN."""
    logs: tuple[Log, ...]
    seconds: float = field(compare=False)
    """How long the evaluation of the program took."""

    def of(self, kind: type[pulumi.Resource] | str) -> list[Declared]:
        """The resources of one kind: a class of a provider's package, or a type token."""
        token = kind if isinstance(kind, str) else cast("str", getattr(kind, "pulumi_type"))  # noqa: B009 - generated classes only
        return [resource for resource in self.resources if resource.type == token]

    def one(self, kind: type[pulumi.Resource] | str, name: str) -> Declared:
        found = [resource for resource in self.of(kind) if resource.name == name]
        if len(found) != 1:
            there = ", ".join(resource.name for resource in self.of(kind)) or "none"
            raise LookupError(f"{len(found)} resources {name!r} of this kind in {self.stack}; there are: {there}")
        return found[0]

    def children(self, urn: str) -> list[Declared]:
        return [resource for resource in self.resources if resource.parent == urn]

    @property
    def roots(self) -> list[Declared]:
        """What stands directly below the stack."""
        urns = {resource.urn for resource in self.resources}
        return [resource for resource in self.resources if resource.parent not in urns]


def from_wire(node: Value) -> Value:
    """Plain values for what travels to the engine: secret leaves are wrapped, unknowns stay unknown."""
    if isinstance(node, list):
        return [from_wire(item) for item in node]
    if isinstance(node, dict):
        if node.get(_SIGNATURE) == _SECRET_MARK:
            return _sealed(from_wire(node["value"]))
        return {key: from_wire(node[key]) for key in sorted(node)}
    if isinstance(node, float) and node.is_integer():
        return int(node)  # the wire knows floating point numbers only
    return Unknown() if node == _UNKNOWN_MARK else node


def _sealed(node: Value) -> Value:
    """The SDK marks a whole map when one entry of it is secret: every leaf below is."""
    if isinstance(node, list):
        return [_sealed(item) for item in node]
    if isinstance(node, dict):
        return {key: _sealed(value) for key, value in node.items()}
    return node if isinstance(node, Secret) else Secret(node)


def to_wire(node: Value) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """The way back, which is also how an inventory is written to a file."""
    if isinstance(node, Secret):
        return {_SIGNATURE: _SECRET_MARK, "value": to_wire(node.value)}
    if isinstance(node, Unknown):
        return _UNKNOWN_MARK
    if isinstance(node, list):
        return [to_wire(item) for item in node]
    if isinstance(node, dict):
        return {key: to_wire(value) for key, value in node.items()}
    return node


def dump(inventory: Inventory) -> dict[str, Any]:
    """An inventory as JSON can hold it."""
    return {
        **vars(inventory),
        "resources": [{**vars(resource), "inputs": to_wire(dict(resource.inputs))} for resource in inventory.resources],
        "outputs": to_wire(dict(inventory.outputs)),
        "component_outputs": {urn: to_wire(dict(outputs)) for urn, outputs in inventory.component_outputs.items()},
        "logs": [vars(log) for log in inventory.logs],
    }


def load(dumped: dict[str, Any]) -> Inventory:
    """The inventory `dump` wrote."""
    plain: dict[str, Any] = {key: from_wire(value) for key, value in dumped.items()}
    resources: list[dict[str, Any]] = plain.pop("resources")
    logs: list[dict[str, Any]] = plain.pop("logs")
    return Inventory(
        resources=tuple(Declared(depends_on=tuple(resource.pop("depends_on")), **resource) for resource in resources),
        logs=tuple(Log(**log) for log in logs),
        **plain,
    )
