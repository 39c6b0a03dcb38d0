"""One line of the table that configures JupyterHub."""

from dataclasses import dataclass

PLATFORM = "hub"
"""Blamed for what no key of the stack file decides."""


@dataclass(frozen=True)
class Trait:
    owner: str
    """The class, as traitlets names its section."""
    name: str
    value: object
    key: str
    """The key of the stack file to blame when this line does not fit."""
