"""What is wrong with a stack file, in words: the key, the reason and the mend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.shape import fields_at, path_in_file


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


def problems_of(error: ValidationError, raw: object, model: type[BaseModel]) -> list[Problem]:
    """Translate pydantic's findings into our own words, and its locations into keys as they stand in the file."""
    return [_problem(detail, raw, model) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, raw: object, model: type[BaseModel]) -> Problem:
    key = ".".join(path_in_file(detail["loc"], raw)) or "jupyterhub:settings"
    if detail["type"].startswith("union_tag"):
        key += ".kind"
    return Problem(key, _complaint(detail, model))


def _complaint(detail: ErrorDetails, model: type[BaseModel]) -> str:
    given, context = repr(detail["input"]), cast("dict[str, object]", detail.get("ctx", {}))
    complaints: dict[str, Callable[[], str]] = {
        "extra_forbidden": lambda: f"there is no such key; {_suggestion(detail['loc'], model)}",
        "missing": lambda: "is missing and has no default; add it, docs/settings.md says what it takes",
        "union_tag_not_found": lambda: f"is missing; write one of {_choices(detail['loc'], model)}",
        "union_tag_invalid": lambda: f"{context['tag']!r} is not a choice; write one of {context['expected_tags']}",
        "literal_error": lambda: f"{given} is not a choice; write {context['expected']}",
        "value_error": lambda: str(context["error"]),
        "too_short": lambda: "is empty; write at least one entry",
        "bool_parsing": lambda: f"{given} is neither true nor false; write one of them",
        "string_type": lambda: f"{given} is not a text; write it in quotes",
        "tuple_type": lambda: f"{given} is not a list; write its entries below it, each after '- '",
        "frozen_set_type": lambda: f"{given} is not a list; write its entries below it, each after '- '",
        "string_pattern_mismatch": lambda: f"{given} is not of the form {context['pattern']}; write it so",
        **dict.fromkeys(
            ("model_type", "model_attributes_type", "dict_type"),
            lambda: f"{given} is not a section; write its keys below it, each on a line of its own",
        ),
    }
    fallback = f"{given} is not accepted: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return complaints.get(detail["type"], lambda: fallback)()


def _suggestion(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    allowed = sorted(fields_at(model, location[:-1]))
    close = get_close_matches(str(location[-1]), allowed, 1)
    return (f"write {close[0]!r} instead; " if close else "remove it; ") + f"the keys here are {', '.join(allowed)}"


def _choices(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    return ", ".join(repr(tag) for tag in sorted(fields_at(model, location)))
