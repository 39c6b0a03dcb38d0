"""How a value must be written: a pattern or bounds for the machine, words for people, an example for both."""

import re
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Form:
    """A text of one form. The key and the value in front of the complaint are added by `settings.problems`."""

    name: str
    """With its article: what the docs and the complaint call it."""
    pattern: str
    mend: str
    example: str

    def check(self, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise ValueError(f"is not {self.name}; {self.mend}")
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^({self.pattern})$", "examples": [self.example]}


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
        return {"type": "integer", "minimum": self.least, "maximum": self.most, "examples": [self.example]}
