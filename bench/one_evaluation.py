"""One evaluation in this fresh process; prints which providers' packages came into it: `<stack> <directory> [<stack file>]`."""

import json
import sys
from pathlib import Path

from preview.recorder import inventory


def main(stack: str, root: str, file: str | None = None) -> None:
    found = inventory(stack, root=Path(root), preview=True, known=True, stack_file=Path(file) if file else None)
    packages = {name.partition(".")[0] for name in sys.modules}
    providers = sorted(name for name in packages if name.startswith("pulumi_"))
    print(json.dumps({"resources": len(found.resources), "providers": providers}))


if __name__ == "__main__":
    main(*sys.argv[1:])
