"""JupyterHub and KubeSpawner as released: nothing but what the pods need to run, and the addresses."""

import json
import os
from pathlib import Path
from typing import Any, cast

from traitlets.config import Config

given: dict[str, dict[str, Any]] = json.loads(Path(os.environ["PLAIN_TRAITS"]).read_text())
c = cast(Config, get_config())  # noqa: F821 # pyright: ignore[reportUndefinedVariable] - traitlets gives it
for owner, traits in given.items():
    for name, value in traits.items():
        setattr(c[owner], name, value)
