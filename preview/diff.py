"""What one inventory changes about another: created, updated, replaced, deleted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from preview.answers import is_generated_by
from preview.fields import FieldChange, changed
from preview.inventory import Declared, Inventory, Secret, Value
from preview.replacement import forces_replacement, shrinks_claim

_PROVIDER: Final = "pulumi:providers:"
_GENERATOR: Final = "random:"
_PROTECTED: Final = "it is protected: the engine refuses"
_SHRINKS: Final = "a claim only grows: the cluster refuses"

Kind: TypeAlias = Literal["created", "updated", "replaced", "deleted"]


@dataclass(frozen=True)
class Change:
    kind: Kind
    resource: Declared
    """As it will be; a deleted one as it was."""
    fields: tuple[FieldChange, ...] = ()
    forcing: frozenset[str] = frozenset()
    """The paths of the fields that make it a replacement."""
    refused: str = ""
    """Why it will fail, where that is known beforehand."""


@dataclass(frozen=True)
class Diff:
    old: Inventory
    new: Inventory
    changes: tuple[Change, ...]
    outputs: tuple[FieldChange, ...]

    def count(self, kind: Kind) -> int:
        return sum(change.kind == kind for change in self.changes)

    @property
    def unchanged(self) -> int:
        return len(self.new.resources) - sum(change.kind != "deleted" for change in self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes or self.outputs)


def compare(old: Inventory, new: Inventory) -> Diff:
    """Match the resources of two inventories by URN; the changes are in the order of the URNs."""
    before = {resource.urn: resource for resource in old.resources}
    after = {resource.urn: resource for resource in new.resources}
    # These take along what depends on them when they are replaced, so they are judged first.
    first = [urn for urn in after if urn in before and after[urn].type.startswith((_PROVIDER, _GENERATOR))]
    judged = (_judge(before[urn], after[urn], after, frozenset()) for urn in first)
    replaced = frozenset(change.resource.urn for change in judged if change is not None and change.kind == "replaced")
    changes: list[Change] = []
    for urn in sorted(before.keys() | after.keys()):
        if urn not in after:
            changes.append(Change("deleted", before[urn], refused=_PROTECTED if before[urn].protect else ""))
        elif urn not in before:
            changes.append(Change("created", after[urn]))
        else:
            change = _judge(before[urn], after[urn], after, replaced)
            changes += [change] if change else []
    return Diff(old, new, tuple(changes), tuple(changed(dict(old.outputs), dict(new.outputs))))


def _judge(old: Declared, new: Declared, resources: Mapping[str, Declared], replaced: frozenset[str]) -> Change | None:
    renewed = [resources[urn].name for urn in replaced if resources[urn].type.startswith(_GENERATOR)]
    fields = tuple(changed(_earlier(dict(old.inputs), renewed), dict(new.inputs)))
    options = tuple(changed(_options(old), _options(new), "(options)"))
    provider: Mapping[str, Any] = resources[new.provider].inputs if new.provider in resources else {}
    forcing = {field.path for field in fields if forces_replacement(field.path, old, new, provider)}
    if new.provider in replaced:
        forcing.add("(options).provider")
        options += (FieldChange("(options).provider", old.provider, f"{new.provider}, replaced"),)
    if forcing:
        refused = _PROTECTED if old.protect and new.protect else ""
        return Change("replaced", new, fields + options, frozenset(forcing), refused)
    shrinks = any(shrinks_claim(field, new) for field in fields)
    return Change("updated", new, fields + options, refused=_SHRINKS if shrinks else "") if fields or options else None


def _earlier(node: Value, renewed: Sequence[str]) -> Value:
    """A value as it was, told apart from the one that is generated anew under the same reference."""
    if isinstance(node, dict):
        return {key: _earlier(value, renewed) for key, value in node.items()}
    if isinstance(node, list):
        return [_earlier(value, renewed) for value in node]
    if isinstance(node, Secret):
        return Secret(_earlier(node.value, renewed))
    if isinstance(node, str) and any(is_generated_by(name, node) for name in renewed):
        return f"{node} before"
    return node


def _options(resource: Declared) -> dict[str, Any]:
    return {"protect": resource.protect, "retainOnDelete": resource.retain_on_delete, "provider": resource.provider}
