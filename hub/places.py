"""Where the hub finds what was mounted for it."""

import os
from dataclasses import dataclass
from pathlib import Path

from hub.settings import SECRETS_DIRECTORY, SETTINGS_FILE, STATE_DIRECTORY

CERTIFICATE_COPIED = Path("/tmp/copied")  # noqa: S108 - a directory of the pod's own
"""There while the copy of a certificate is what its source was at the last look."""
CERTIFICATE_LOOKED = Path("/tmp/looked")  # noqa: S108 - a directory of the pod's own
"""When the last look was."""


@dataclass(frozen=True)
class Places:
    settings: Path
    secrets: Path
    state: Path

    @classmethod
    def from_environment(cls) -> "Places":
        """The mounts of the hub's image, unless a check or a test runs it elsewhere."""
        return cls(
            settings=Path(os.environ.get("JUPYTERHUB_SETTINGS", SETTINGS_FILE)),
            secrets=Path(os.environ.get("JUPYTERHUB_SECRETS", SECRETS_DIRECTORY)),
            state=Path(os.environ.get("JUPYTERHUB_STATE", STATE_DIRECTORY)),
        )
