"""Follows a location that pydantic names through the models: to the keys of the file, and to what may stand there."""

from collections.abc import Iterator
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel

Location = tuple[int | str, ...]
_THE_KEY_ITSELF = "[key]"  # pydantic's mark for "not the value is wrong but its key", after the key


def path_in_file(model: type[BaseModel], location: Location) -> list[str]:
    """The keys as they stand in the file: pydantic puts the `kind` of a union into its locations, the file does not."""
    return [str(step) for step, _ in _steps(model, location) if step is not None]


def fields_at(model: type[BaseModel], location: Location) -> set[str]:
    """What may be written at a location: the keys of the section there, or the kinds where several are possible."""
    *_, (_, behind) = [(None, model), *_steps(model, location)]
    here = list(models_in(behind))
    if len(here) > 1:
        return {kind for choice in here if (kind := kind_of(choice)) is not None}
    return set(here[0].model_fields) if here else set()


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


def _steps(annotation: object, location: Location) -> Iterator[tuple[int | str | None, object]]:
    """Each step of a location as the file has it, None where it has none, and what may be written behind it."""
    for step in location:
        annotation = bare(annotation)
        choices = list(models_in(annotation)) if _is_union(annotation) else []
        if len(choices) > 1:
            annotation = next((choice for choice in choices if kind_of(choice) == step), None)
            yield None, annotation
        elif step == _THE_KEY_ITSELF:
            yield None, annotation
        else:
            annotation = _behind(annotation, step)
            yield step, annotation


def _behind(annotation: object, step: int | str) -> object:
    """What a key of a section, an entry of a list or a value of a mapping may be; None for what is unknown."""
    for model in models_in(annotation) if not get_origin(annotation) or _is_union(annotation) else ():
        field = model.model_fields.get(str(step))
        return field.annotation if field else None
    arguments = get_args(annotation)
    return (arguments[1] if get_origin(annotation) is dict else arguments[0]) if arguments else None


def bare(annotation: object) -> object:
    """Without what is said about it, and without None where that is the only other choice."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if part is not type(None)] if _is_union(annotation) else []
    return bare(parts[0]) if len(parts) == 1 else annotation


def _is_union(annotation: object) -> bool:
    return get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"
