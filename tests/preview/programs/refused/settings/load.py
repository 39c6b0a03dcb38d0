"""Settings that refuse every stack file."""

from pathlib import Path


class SettingsError(Exception):
    problems = ("cluster: is missing",)


def stack_file(stack: str, root: Path) -> Path:
    return root / f"Pulumi.{stack}.yaml"


def read(path: Path) -> None:
    raise SettingsError(f"{path.name} is refused, 1 problem:\n  cluster: is missing")
