"""What is wrong with a stack file, in words: the key, the reason and the mend."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.checks import holds_password, sounds_secret
from settings.shape import fields_at, path_in_file

_LONGEST_QUOTE = 60
_USER_IN_ADDRESS = re.compile(r"://[^/?#\s]*@")


@dataclass(frozen=True, order=True)
class Problem:
    key: str
    complaint: str
    """The reason and the mend."""

    def __str__(self) -> str:
        return f"{self.key}: {self.complaint}"


class SettingsError(Exception):
    """Every problem of one stack file at once."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([f"{source} is refused, {count}:", *(f"  {problem}" for problem in self.problems)]))


def problems_of(error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    """Translate pydantic's findings into our own words, and its locations into keys as they stand in the file."""
    found = error.errors(include_url=False)
    broken = {detail["loc"][:length] for detail in found for length in range(len(detail["loc"]))}
    for detail in found:
        if detail["type"] == "too_short" and detail["loc"] in broken:
            # Pydantic counts the sound entries of a list alone.
            continue
        path = path_in_file(model, detail["loc"])
        if detail["type"].startswith("union_tag"):
            path.append("kind")
        yield Problem(key_of(path), _complaint(detail, path, model))


def key_of(path: Sequence[object]) -> str:
    """A path as one word, with whatever a terminal should not see spelt out."""
    parts = [str(part) for part in path]
    return ".".join(part if part.isprintable() else repr(part)[1:-1] for part in parts) or "jupyterhub:settings"


def quoted(value: object, path: Sequence[object]) -> str:
    """A value as a complaint may repeat it: shortened, and named only by its sort where it holds others or is a secret."""
    sorts = {
        dict: "a section",
        list: "a list",
        str: "a text",
        int: "a number",
        float: "a number",
        bool: "a truth value",
    }
    is_secret = any(sounds_secret(str(part)) for part in path) or (isinstance(value, str) and holds_password(value))
    if is_secret or isinstance(value, dict | list):
        return next((name for sort, name in sorts.items() if isinstance(value, sort)), "what stands here")
    shown = "nothing" if value is None else _USER_IN_ADDRESS.sub("://...@", repr(value))
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}..."


def _complaint(detail: ErrorDetails, path: list[str], model: type[BaseModel]) -> str:
    given, context = quoted(detail["input"], path), cast("dict[str, object]", detail.get("ctx", {}))
    complaints: dict[str, Callable[[], str]] = {
        "extra_forbidden": lambda: f"there is no such key; {_suggestion(detail['loc'], model)}",
        "missing": lambda: "is missing and has no default; add it, docs/settings.md says what it takes",
        "union_tag_not_found": lambda: f"is missing; write {_choices(detail['loc'], model)}",
        "union_tag_invalid": lambda: (
            f"{quoted(cast('dict[str, object]', detail['input'])['kind'], path)} is not a choice; "
            f"write {_choices(detail['loc'], model)}"
        ),
        "literal_error": lambda: f"{given} is not a choice; write {context['expected']}",
        "value_error": lambda: f"{given} {context['error']}",
        "too_short": lambda: "is empty; write at least one entry",
        "bool_type": lambda: f"{given} is neither true nor false; write one of them, without quotes",
        **dict.fromkeys(
            ("tuple_type", "frozen_set_type"),
            lambda: f"{given} is not a list; write its entries below it, each after '- '",
        ),
        **dict.fromkeys(
            ("model_type", "model_attributes_type", "dict_type"),
            lambda: f"{given} is not a section; write its keys below it, each on a line of its own",
        ),
        **dict.fromkeys(
            ("string_type", "invalid_key"),
            lambda: f"{given} is not a text; write it in quotes",
        ),
    }
    fallback = f"{given} is not accepted here; docs/settings.md says what is"
    return complaints.get(detail["type"], lambda: fallback)()


def _suggestion(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    allowed = sorted(fields_at(model, location[:-1]))
    close = get_close_matches(str(location[-1]), allowed, 1)
    return (f"write {close[0]!r} instead; " if close else "remove it; ") + f"the keys here are {', '.join(allowed)}"


def _choices(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    *others, last = (repr(tag) for tag in sorted(fields_at(model, location)))
    return f"{', '.join(others)} or {last}"
