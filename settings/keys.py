"""Every key of the models as a person meets it: its path, what it takes, its default, and an example that is valid."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings.form import Form, Whole
from settings.shape import bare, kind_of, models_in


@dataclass(frozen=True)
class Key:
    path: str
    field: FieldInfo
    annotation: object
    """What it takes, with the form it is written in."""

    @property
    def choices(self) -> list[type[BaseModel]]:
        """The kinds of section it can be; none unless `kind` tells them apart."""
        return [model for model in models_in(self.annotation) if kind_of(model)]

    @property
    def is_list(self) -> bool:
        return get_origin(bare(self.annotation)) is tuple

    @property
    def below(self) -> str:
        """What the paths of the keys below it begin with."""
        return f"{self.path}[]." if self.is_list else f"{self.path}."


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """The keys of a section and of the plain sections in it. Sections of several kinds are named and not entered."""
    for name, field in model.model_fields.items():
        key = Key(prefix + name, field, _annotation(field))
        if name == "kind":
            continue
        yield key
        if not key.choices:
            for inner in models_in(key.annotation):
                yield from keys_of(inner, key.below)


def every_key(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """The keys of a section, and those of each kind of section in it."""
    for key in keys_of(model, prefix):
        yield key
        for choice in key.choices:
            yield from every_key(choice, key.below)


def in_words(key: Key) -> str:
    """What is written at a key."""
    if key.choices:
        section = "a section: " + " or ".join(f"`kind: {kind_of(choice)}`" for choice in key.choices)
        return f"a list, each entry {section}" if key.is_list else section
    return _words(key.annotation)


def words_in(annotation: object) -> Iterator[Form | Whole]:
    """The words an annotation is written in."""
    if isinstance(annotation, Form | Whole):
        yield annotation
    for part in get_args(annotation) if get_origin(annotation) is not Literal else ():
        yield from words_in(part)


def default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return f"`{field.default}`" if field.default and isinstance(field.default, str | int) else "optional"


def example_of(annotation: object, field: FieldInfo | None = None) -> object:
    """A value that is valid there; of several kinds the first."""
    if field is not None and field.examples:
        return field.examples[0]
    if field is not None and isinstance(field.default, str | int):
        return field.default
    words = list(words_in(annotation))
    models = list(models_in(annotation))
    inner = bare(annotation)
    if get_origin(inner) in (tuple, frozenset):
        return [example_of(get_args(inner)[0])]
    if models:
        return {name: example_of(_annotation(part), part) for name, part in models[0].model_fields.items()}
    if get_origin(inner) is Literal:
        return get_args(inner)[0]
    return words[0].example if words else True


def _words(annotation: object) -> str:
    words, inner = list(words_in(annotation)), bare(annotation)
    if get_origin(inner) in (tuple, frozenset):
        return f"a list, each entry {_words(get_args(inner)[0])}"
    if get_origin(inner) is dict:
        name, value = get_args(inner)
        return f"a section, each key {_words(name)} and each value {_words(value)}"
    if words:
        return words[0].name
    if inner is bool:
        return "true or false"
    if inner is str:
        return "a name"
    return "a section" if list(models_in(inner)) else "anything"


def _annotation(field: FieldInfo) -> object:
    """A field's annotation as it was written: pydantic keeps what is said about it apart."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
