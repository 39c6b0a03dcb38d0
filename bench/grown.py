"""Stack files that grow: dev with so many profiles and as many services."""

from pathlib import Path
from typing import Any, Final

import yaml

from settings.load import SETTINGS_KEY

COUNTS: Final = (1, 10, 100)


def write(count: int, directory: Path) -> Path:
    """A stack file with `count` profiles and `count` services."""
    file = directory / "Pulumi.grown.yaml"
    file.write_text(yaml.safe_dump({"config": {SETTINGS_KEY: grown(count)}}), encoding="utf-8")
    return file


def grown(count: int) -> dict[str, Any]:
    size: dict[str, Any] = {"cpu": {"guarantee": "50m", "limit": 1}, "memory": {"guarantee": "256Mi", "limit": "1Gi"}}
    numbers = range(1, count + 1)
    return {
        "extends": "dev",
        "users": {"profiles": [{"name": f"p{number}", "title": f"Profile {number}", **size} for number in numbers]},
        "services": [
            {"kind": "generic", "name": f"s{number}", "host": f"service{number}.elsewhere", "port": 8080}
            for number in numbers
        ],
    }
