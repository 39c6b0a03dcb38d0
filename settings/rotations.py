"""How often secrets were replaced that only machines need."""

from typing import Annotated

from pydantic import Field

from settings.domain import KubernetesName
from settings.form import Whole

Generation = Annotated[int, Whole("a generation", 0, 99, 1)]
Rotations = Annotated[dict[KubernetesName, Generation], Field(examples=[{"cookie-secret": 1}])]
