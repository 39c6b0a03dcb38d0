"""Reads YAML the way every reader of it does, and refuses the rest.

The engine reads the same file with a library of its own. What the two would take differently (`yes`, 0777, 12:30, a key
that stands twice) is refused here, so that what was checked is what is brought up."""

import re
from collections.abc import Iterator
from typing import cast

import yaml

from settings.checks import visible
from settings.problems import Problem, key_of

WHOLE_FILE = "the file"
_WRAPPING = ("config", "jupyterhub:settings")
"""The keys above the settings, which a problem need not repeat."""
_TAG = "tag:yaml.org,2002:"
_UNMISTAKABLE = {
    "null": r"null|~|",
    "bool": r"true|false",
    "int": r"0|-?[1-9][0-9]{0,17}",
    "float": r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}",
    "str": r"(?!([yYnN]|0o[0-7]+|[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|[-+]?0[0-9_]+)$)[\s\S]*",
    "timestamp": r"(?!)",
    "merge": r"<<",
}
_TAGGED = "has a tag of its own ('!'), which a stack file never needs; remove the tag"
_MOST_CHARACTERS = 2**18
_MOST_NODES = 20_000

Tree = yaml.ScalarNode | yaml.SequenceNode | yaml.MappingNode


class YamlError(Exception):
    """Everything that keeps a text from being read one way only."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def tree_of(text: str) -> object:
    """What a YAML text says, or a YamlError with every reason why that is not certain."""
    if len(text) > _MOST_CHARACTERS:
        raise YamlError(Problem(WHOLE_FILE, "is larger than any stack file; settings are not the place for data"))
    try:
        loader = yaml.SafeLoader(text)
        node = cast("Tree | None", loader.get_single_node())
        if node is None:
            raise YamlError(Problem(WHOLE_FILE, "is empty; begin with a copy of Pulumi.dev.yaml"))
        if _size(node, {}, frozenset()) > _MOST_NODES:
            raise YamlError(Problem(WHOLE_FILE, "grows beyond measure through its aliases; write it without them"))
        problems = list(_Check().of(node, ()))
        if problems:
            raise YamlError(*problems)
        return cast("object", loader.construct_document(node))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as error:
        raise YamlError(Problem(WHOLE_FILE, _in_words(error))) from None
    except RecursionError:
        raise YamlError(Problem(WHOLE_FILE, "is nested too deeply to be read; write it flatter")) from None


def _in_words(error: yaml.YAMLError) -> str:
    """Where and why, without the line itself: it may hold a secret."""
    mark, reason = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    words = re.sub(r" '[!\w][^']*'", "", str(reason)) if reason else "it holds a character that YAML does not allow"
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"is not YAML ({words}{place}); correct it there"


def _size(node: Tree, known: dict[int, int], above: frozenset[int]) -> int:
    """How many nodes a tree has once its aliases are written out."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in above:
        raise YamlError(Problem(WHOLE_FILE, "holds an alias inside of what it stands for; write it without"))
    if id(node) not in known:
        parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_size(part, known, above | {id(node)}) for part in parts)
    return known[id(node)]


class _Check:
    """Looks at every node once, even where aliases repeat it."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def of(self, node: Tree, path: tuple[object, ...]) -> Iterator[Problem]:
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            complaint = _complaint(node)
            if complaint:
                yield Problem(_key(path), complaint)
        elif node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            yield Problem(_key(path), _TAGGED)
        elif isinstance(node, yaml.MappingNode):
            yield from self._mapping(node, path)
        else:
            for position, entry in enumerate(cast("list[Tree]", node.value)):
                yield from self.of(entry, (*path, position))

    def _mapping(self, node: yaml.MappingNode, path: tuple[object, ...]) -> Iterator[Problem]:
        keys: set[str] = set()
        for key, value in cast("list[tuple[Tree, Tree]]", node.value):
            merged = key.tag == f"{_TAG}merge"
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            here = path if merged else (*path, "?" if name is None else name)
            if name is None or not (merged or key.tag == f"{_TAG}str"):
                yield Problem(_key(here), "is a key but not a text; write the key in quotes")
            elif name in keys:
                yield Problem(_key((*path, name)), "stands twice, and only one of the two can count; write it once")
            else:
                yield from self.of(key, here)
                keys.add(name)
            yield from self.of(value, here)


def _complaint(node: yaml.ScalarNode) -> str | None:
    """Why a single value could be read in two ways, if it could."""
    text, sort, plain = node.value, node.tag.removeprefix(_TAG), node.style is None
    if not visible(text):
        return "holds a character one cannot see; remove it"
    if sort not in _UNMISTAKABLE or not (plain or sort == "str"):
        return _TAGGED
    if not plain or re.fullmatch(_UNMISTAKABLE[sort], text):
        return None
    if sort == "bool":
        return "is a truth value to one reader of YAML and a text to another; write true or false, or a text in quotes"
    return "means one thing to one reader of YAML and another to the next; write a plain number, or a text in quotes"


def _key(path: tuple[object, ...]) -> str:
    inner = path[len(_WRAPPING) :] if path[: len(_WRAPPING)] == _WRAPPING else path
    return key_of(inner) if path else WHOLE_FILE
