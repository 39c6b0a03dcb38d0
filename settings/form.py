"""How a value must be written: a pattern or bounds for the machine, words for people, an example for both."""

import re
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from settings.checks import told_apart


@dataclass(frozen=True)
class Form:
    """A text of one form. The key and the value in front of the complaint are added by `settings.problems`."""

    name: str
    """With its article: what the docs and the complaint call it."""
    pattern: str
    mend: str
    example: str
    longest: int | None = None

    def check(self, value: object) -> str:
        if (
            not isinstance(value, str)
            or not re.fullmatch(self.pattern, value)
            or len(value) > (self.longest or len(value))
        ):
            raise ValueError(f"is not {self.name}; {self.mend}")
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        limit = {"maxLength": self.longest} if self.longest else {}
        return {"type": "string", "pattern": f"^({self.pattern})$", **limit, **_described(self)}


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds; neither a truth value nor a number in quotes passes for one."""

    name: str
    least: int
    most: int
    example: int

    @property
    def mend(self) -> str:
        return f"write a whole number from {self.least} to {self.most}"

    def check(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise ValueError(f"is not {self.name}; {self.mend}")
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "integer", "minimum": self.least, "maximum": self.most, **_described(self)}


@dataclass(frozen=True)
class ToldApart:
    """A list that names nothing twice."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(told_apart, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "uniqueItems": True}


def _described(word: Form | Whole) -> JsonSchemaValue:
    return {"description": f"{word.name[:1].upper()}{word.name[1:]}: {word.mend}.", "examples": [word.example]}
