"""Which nodes pods may go to."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import Section
from settings.form import Form

_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"

LabelKey = Annotated[
    str,
    Form(
        "the key of a label or a taint",
        rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}",
        "use letters, digits, '-', '_' and '.', after a domain and '/' if it has one, such as example.org/purpose",
        "example.org/purpose",
    ),
]
LabelValue = Annotated[
    str,
    Form(
        "the value of a label or a taint",
        rf"({_NAME})?",
        "use letters, digits, '-', '_' and '.', 63 at most, in quotes if it looks like a number",
        "users",
    ),
]
NodeSelector = Annotated[dict[LabelKey, LabelValue], Field(examples=[{"example.org/purpose": "users"}])]


class Toleration(Section):
    """Nodes with this taint are taken too."""

    key: LabelKey
    """The key of the taint."""
    value: LabelValue | None = None
    """The value of the taint; any when absent."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What the taint does to others."""

    @property
    def manifest(self) -> dict[str, str]:
        """As the API takes it."""
        asked = {"operator": "Exists"} if self.value is None else {"operator": "Equal", "value": self.value}
        return {"key": self.key, "effect": self.effect, **asked}


class Placement(Section):
    """Which nodes pods go to."""

    node_selector: NodeSelector = {}
    """The labels a node must have, each with its value."""
    tolerations: tuple[Toleration, ...] = ()
    """The taints a node may have."""
