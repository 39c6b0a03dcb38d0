"""Values that only machines need: made once, and once more whenever the stack file raises their number."""

from enum import Enum

import pulumi
from pulumi_random import RandomPassword


class Shape(Enum):
    KEY = "key"
    """64 digits, which are hexadecimal too, as keys have to be. RandomBytes would show its value in the engine's state, as its id."""
    PASSWORD = "password"  # noqa: S105 - a shape
    """24 letters and digits."""


def generated(name: str, shape: Shape, generation: int, opts: pulumi.ResourceOptions) -> tuple[pulumi.Output[str], ...]:
    """Every generation of a value, the present one last.

    Earlier ones stay declared: a protected resource that went away would stop the engine.
    """
    return tuple(_made(generation_of(name, number), shape, opts) for number in range(generation + 1))


def generation_of(name: str, number: int) -> str:
    """What a generation is called, in the engine's state and as the key of a Secret."""
    return f"{name}-{number}" if number else name


def _made(name: str, shape: Shape, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    if shape is Shape.KEY:
        return RandomPassword(name, length=64, special=False, upper=False, lower=False, opts=opts).result
    return RandomPassword(name, length=24, special=False, opts=opts).result
