"""The tree of what a stack declares, and the report of what a change would do: for a terminal, for a pull request."""

import html
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate, groupby
from typing import Final

from preview.access import HEADING, access, changed_access
from preview.diff import Change, Diff, Kind
from preview.inventory import Declared, Inventory
from preview.naming import component_of, kind_of, title_of
from preview.text import field_lines, shown

COMMENT_LIMIT: Final = 65_536
"""What GitHub takes as one comment."""
_ROOM_FOR_NOTICE: Final = 300

_SIGNS: Final[Mapping[Kind, str]] = {"created": "+", "updated": "~", "replaced": "±", "deleted": "-"}
_COLOURS: Final[Mapping[str, int]] = {"+": 32, "~": 33, "±": 35, "-": 31}
_FENCED: Final[Mapping[str, str]] = {"+": "+", "~": "!", "±": "!", "-": "-"}
"""What colours a line of a `diff` block on GitHub."""


def tree(inventory: Inventory) -> str:
    """Every resource below its component, and who may start what."""
    return "\n".join([*_tree_lines(inventory), *_table(access(inventory))])


def tree_markdown(inventory: Inventory) -> str:
    """The same, folded."""
    title = f"What stack `{inventory.stack}` declares: {_counted(len(inventory.resources), 'resource')}"
    head = f"### {title}\n\n" + _folded(HEADING, access(inventory), COMMENT_LIMIT // 2)
    return head + _folded("all of them", _tree_lines(inventory)[1:], COMMENT_LIMIT - len(head))


def report(diff: Diff, *, colour: bool = False) -> str:
    """What changes, by component, each resource with its changed fields."""
    lines: list[str] = []
    for component, changes in _by_component(diff):
        lines.append(f"{component}:")
        for change in changes:
            first, *rest = _change_lines(change)
            lines += [_coloured(f"  {first}", _SIGNS[change.kind], colour=colour), *(f"  {line}" for line in rest)]
    lines += [f"output {line}" for field in diff.outputs for line in field_lines(field)]
    return "\n".join([*lines, *_table(changed_access(diff.old, diff.new)), summary(diff)])


def report_markdown(diff: Diff, base: str) -> str:
    """The same for a comment on a pull request: a table of counts, the details folded, never too long to be posted."""
    kinds: tuple[Kind, ...] = ("created", "updated", "replaced", "deleted")
    counts = " | ".join(str(diff.count(kind)) for kind in kinds)
    text = (
        f"### What changes in stack `{diff.new.stack}` since `{base}`\n\n"
        f"| {' | '.join(kinds)} | unchanged |\n|{' --- |' * (len(kinds) + 1)}\n| {counts} | {diff.unchanged} |\n\n"
    )
    text += _folded(HEADING, changed_access(diff.old, diff.new), COMMENT_LIMIT // 4)
    sections = [(component, list(changes)) for component, changes in _by_component(diff)]
    for place, (component, changes) in enumerate(sections):
        lines = [line for change in changes for line in _fenced_lines(change)]
        heading = f"{component}: {', '.join(_counts(changes))}"
        section = _folded(heading, lines, COMMENT_LIMIT - _ROOM_FOR_NOTICE - len(text))
        if not section:
            left = [name for name, _ in sections[place:]]
            return text + f"Too much for one comment: {len(left)} of {len(sections)} components are left out here.\n"
        text += section
    outputs = [line for field in diff.outputs for line in field_lines(field)]
    return text + (_folded("outputs", outputs, COMMENT_LIMIT - len(text)) if outputs else "")


def summary(diff: Diff) -> str:
    if not diff:
        return f"no changes, {_counted(diff.unchanged, 'resource')} the same"
    return f"{', '.join(_counts(diff.changes)) or 'no resource changed'}, {diff.unchanged} unchanged"


def _counts(changes: tuple[Change, ...] | list[Change]) -> list[str]:
    kinds = [change.kind for change in changes]
    return [f"{kinds.count(kind)} {kind}" for kind in _SIGNS if kind in kinds]


def _by_component(diff: Diff) -> Iterator[tuple[str, Iterator[Change]]]:
    def component(change: Change) -> str:
        return component_of(change.resource, diff.old if change.kind == "deleted" else diff.new)

    ordered = sorted(diff.changes, key=lambda change: (component(change), *_place(change.resource)))
    return groupby(ordered, key=component)


def _change_lines(change: Change) -> Iterator[str]:
    yield f"{_SIGNS[change.kind]} {title_of(change.resource)} {change.kind}{_warning(change)}"
    for field in change.fields:
        first, *rest = field_lines(field)
        yield f"    {first}{'  (forces replacement)' if field.path in change.forcing else ''}"
        yield from (f"    {line}" for line in rest)


def _warning(change: Change) -> str:
    if change.refused:
        return f", but {change.refused}"
    return ", but it stays where it is" if change.kind == "deleted" and change.resource.retain_on_delete else ""


def _fenced_lines(change: Change) -> Iterator[str]:
    first, *rest = _change_lines(change)
    yield _FENCED[first[0]] + first[1:]
    yield from rest


def _folded(heading: str, lines: list[str], room: int) -> str:
    """A closed `<details>` with as many of the lines as there is room for, or nothing where there is none."""
    longest = max((len(run) for run in re.findall("`+", "\n".join(lines))), default=0)
    fence = "`" * max(3, longest + 1)
    before, after = f"<details><summary>{html.escape(heading)}</summary>\n\n{fence}diff\n", f"{fence}\n</details>\n\n"
    kept = _fitting(lines, room - len(before) - len(after))
    return before + "".join(f"{line}\n" for line in kept) + after if kept else ""


def _fitting(lines: list[str], room: int) -> list[str]:
    ends = list(accumulate(len(line) + 1 for line in lines))
    if not ends or ends[-1] <= room:
        return lines
    count = sum(end <= room - _ROOM_FOR_NOTICE for end in ends)
    return [*lines[:count], f"… {_counted(len(lines) - count, 'more line')}"] if count else []


def _tree_lines(inventory: Inventory) -> list[str]:
    lines = [f"stack {inventory.stack}: {_counted(len(inventory.resources), 'resource')}"]
    roots = sorted(inventory.roots, key=_place)
    for place, root in enumerate(roots, 1):
        lines += _branch(root, inventory, "", last=place == len(roots))
    lines += [f"output {name}: {shown(value)}" for name, value in sorted(inventory.outputs.items())]
    return lines + [f"{log.severity}: {log.message}" for log in inventory.logs]


def _table(lines: list[str]) -> list[str]:
    return [f"{HEADING}:", *(f"  {line}" for line in lines)] if lines else []


def _branch(resource: Declared, inventory: Inventory, margin: str, *, last: bool) -> Iterator[str]:
    marks = [word for word, applies in _marks(resource) if applies]
    yield f"{margin}{'└─ ' if last else '├─ '}{title_of(resource)}{'  (' + ', '.join(marks) + ')' if marks else ''}"
    children = sorted(inventory.children(resource.urn), key=_place)
    for place, child in enumerate(children, 1):
        yield from _branch(child, inventory, margin + ("   " if last else "│  "), last=place == len(children))


def _marks(resource: Declared) -> Iterator[tuple[str, bool]]:
    yield "protected", resource.protect
    yield "retained", resource.retain_on_delete


def _place(resource: Declared) -> tuple[str, str]:
    return kind_of(resource), resource.name


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _coloured(line: str, sign: str, *, colour: bool) -> str:
    return f"\033[{_COLOURS[sign]}m{line}\033[0m" if colour else line
