"""Finds the way between a location that pydantic names, the models, and the keys of the file."""

from collections.abc import Iterator
from typing import Literal, cast, get_args, get_origin

from pydantic import BaseModel

Location = tuple[int | str, ...]


def path_in_file(location: Location, raw: object) -> list[str]:
    """The keys as they stand in the file: pydantic puts the `kind` of a union into its locations, the file does not."""
    path: list[str] = []
    node = raw
    for step in location:
        if isinstance(node, dict):
            section = cast("dict[object, object]", node)
            if step not in section and section.get("kind") == step:
                continue
            node = section.get(step)
        elif isinstance(node, list) and isinstance(step, int):
            entries = cast("list[object]", node)
            node = entries[step] if step < len(entries) else None
        if step != "[key]":  # pydantic's mark for "the key itself is wrong", after the key
            path.append(str(step))
    return path


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Every model an annotation may hold, through Annotated, unions, tuples and dicts."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from models_in(part)


def kind_of(model: type[BaseModel]) -> str | None:
    """The `kind` that chooses this model, if it is one of several."""
    field = model.model_fields.get("kind")
    return None if field is None else str(get_args(field.annotation)[0])


def fields_at(model: type[BaseModel], location: Location) -> set[str]:
    """What may be written at a location: the keys of the section there, or the kinds where several are possible."""
    here = [model]
    for step in location:
        if isinstance(step, int):
            continue
        chosen = [choice for choice in here if len(here) > 1 and kind_of(choice) == step]
        if chosen:
            here = chosen
            continue
        field = here[0].model_fields.get(step)
        if field is None:  # a key of a mapping
            continue
        here = list(models_in(field.annotation)) + [found for part in field.metadata for found in models_in(part)]
    if len(here) > 1:
        return {kind for choice in here if (kind := kind_of(choice)) is not None}
    return set(here[0].model_fields)
