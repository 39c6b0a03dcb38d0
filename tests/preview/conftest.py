"""The fixture programs, and stack files that change one thing about them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from preview.inventory import Inventory
from preview.recorder import inventory

PROGRAMS = Path(__file__).parent / "programs"
Edit = Callable[..., Inventory]


@pytest.fixture
def small(tmp_path: Path) -> Edit:
    """Records the small hub; `small(hub={"spec.replicas": 2})` changes a field of one object, in its stack file."""

    def record(*, preview: bool = False, known: bool | None = None, **settings: Any) -> Inventory:
        file = tmp_path / "Pulumi.dev.yaml"
        file.write_text(stack_file(settings))
        return inventory("dev", root=PROGRAMS / "small", preview=preview, known=known, stack_file=file)

    return record


def stack_file(settings: dict[str, Any]) -> str:
    return yaml.safe_dump({"config": {"small:settings": settings, "small:apiToken": {"secure": "v1:canary:canary"}}})
