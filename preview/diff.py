"""What one inventory changes about another: created, updated, replaced, deleted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from preview.fields import FieldChange, changed
from preview.inventory import Declared, Inventory
from preview.replacement import forces_replacement

Kind: TypeAlias = Literal["created", "updated", "replaced", "deleted"]


@dataclass(frozen=True)
class Change:
    kind: Kind
    resource: Declared
    """As it will be; a deleted one as it was."""
    fields: tuple[FieldChange, ...] = ()
    forcing: frozenset[str] = frozenset()
    """The paths of the fields that make it a replacement."""
    refused: bool = False
    """The engine does not delete what it was told to protect."""


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
    # A provider that is replaced takes everything made through it along, so providers are judged first.
    providers = {urn: resource for urn, resource in after.items() if resource.type.startswith("pulumi:providers:")}
    judged = {
        urn: _judge(before[urn], resource, after, frozenset()) for urn, resource in providers.items() if urn in before
    }
    replaced = frozenset(urn for urn, change in judged.items() if change is not None and change.kind == "replaced")
    changes: list[Change] = []
    for urn in sorted(before.keys() | after.keys()):
        if urn not in after:
            changes.append(Change("deleted", before[urn], refused=before[urn].protect))
        elif urn not in before:
            changes.append(Change("created", after[urn]))
        else:
            change = _judge(before[urn], after[urn], after, replaced)
            changes += [change] if change else []
    return Diff(old, new, tuple(changes), tuple(changed(dict(old.outputs), dict(new.outputs))))


def _judge(old: Declared, new: Declared, resources: Mapping[str, Declared], replaced: frozenset[str]) -> Change | None:
    fields = tuple(changed(dict(old.inputs), dict(new.inputs)))
    options = tuple(changed(_options(old), _options(new), "(options)"))
    provider: Mapping[str, Any] = resources[new.provider].inputs if new.provider in resources else {}
    forcing = {field.path for field in fields if forces_replacement(field, old, new, provider)}
    if new.provider in replaced:
        forcing.add("(options).provider")
        options += (FieldChange("(options).provider", old.provider, f"{new.provider}, replaced"),)
    if forcing:
        return Change("replaced", new, fields + options, frozenset(forcing), refused=old.protect and new.protect)
    return Change("updated", new, fields + options) if fields or options else None


def _options(resource: Declared) -> dict[str, Any]:
    return {"protect": resource.protect, "retainOnDelete": resource.retain_on_delete, "provider": resource.provider}
