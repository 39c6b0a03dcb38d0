"""How often secrets were replaced that only machines need."""

from typing import Annotated

from pydantic import Field

from settings.domain import KubernetesName
from settings.form import Whole

MOST_GENERATIONS = 99
"""Earlier ones stay declared: a slip of the pen must not make a million of them."""
Generation = Annotated[int, Whole("a generation", 0, MOST_GENERATIONS, 1)]
Rotations = Annotated[dict[KubernetesName, Generation], Field(examples=[{"cookie-secret": 1}])]
