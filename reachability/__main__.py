"""`python -m reachability [--check]`: writes docs/reachability.md and its picture from the manifests of one stack."""

import sys
from pathlib import Path
from typing import Final

from preview.program import ROOT
from preview.recorder import inventory
from reachability.matrix import matrix
from reachability.picture import markdown, svg

STACK: Final = "prod"
"""The one with the most parts."""
_PAGE: Final = Path("docs", "reachability.md")
_PICTURE: Final = Path("docs", "reachability.svg")


def documents(stack: str) -> dict[Path, str]:
    declared = inventory(stack, preview=True, known=True)
    found = matrix([dict(resource.inputs) for resource in declared.resources if resource.is_kubernetes])
    return {_PAGE: markdown(found, stack, _PICTURE.name), _PICTURE: svg(found)}


def main(arguments: list[str], root: Path = ROOT) -> int:
    written = documents(STACK)
    stale = [path for path, text in written.items() if not (root / path).exists() or (root / path).read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} differs from what stack {STACK} declares; run make docs", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (root / path).write_text(written[path])
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
