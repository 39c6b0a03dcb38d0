"""The direction data flows in: stack file, settings, components, resources. Read from the imports themselves."""

import ast
from pathlib import Path

import pytest

from settings.load import ROOT

ALLOWED = {
    "settings": {"images"},
    "hub": set[str](),
    "images": {"lab"},
    "workspace": set[str](),
    "lab": set[str](),
    "components": {"hub", "settings"},
    "stack": {"components", "lab", "settings"},
    "__main__": {"components", "deploy", "images", "settings", "stack"},
    "preview": {"components", "deploy", "hub", "settings"},
    "deploy": {"components", "images", "lab", "preview", "settings", "hub"},
    "reachability": {"hub", "preview"},
    "bench": {"components", "deploy", "lab", "preview", "settings"},
}
"""Which rooms of ours each room may know."""
WITHOUT_PULUMI = {"settings", "hub", "images", "lab", "workspace"}
LONGEST_FILE = 300


def files(room: str) -> list[Path]:
    single = ROOT / f"{room}.py"
    return [single] if single.exists() else sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_knows_only_the_rooms_below_it(room: str) -> None:
    assert files(room)
    for path in files(room):
        assert imports(path) & set(ALLOWED) <= ALLOWED[room] | {room}, path


@pytest.mark.parametrize("room", sorted(WITHOUT_PULUMI))
def test_what_decides_or_runs_elsewhere_imports_no_pulumi(room: str) -> None:
    for path in files(room):
        assert not {name for name in imports(path) if name.startswith("pulumi")}, path


def test_no_room_hides_a_module_of_python() -> None:
    # The engine puts the program's folder first on the path.
    import sys  # noqa: PLC0415 - only this test speaks of it

    ours = {path.stem for path in ROOT.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert not ours & (sys.stdlib_module_names - {"__main__"})


def test_the_program_is_short_and_every_file_is_one_room() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 25
    for room in ALLOWED:
        for path in files(room):
            assert len(path.read_text().splitlines()) <= LONGEST_FILE, path
