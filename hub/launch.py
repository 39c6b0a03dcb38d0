"""The hub's own process, below the supervisor: wait until it can work, then be JupyterHub.

One process for both: everything is imported before the waiting ends, so that only the start itself is left then.
"""

import asyncio
import sys
from pathlib import Path

from hub import spawner, traits
from hub.app import PlatformHub
from hub.places import Places
from hub.preflight import preflight
from hub.secret_files import SecretError

EARLY = (traits, spawner)
"""What JupyterHub would import by name, later."""
CONFIG = Path(__file__).parent / "jupyterhub_config.py"

if __name__ == "__main__":
    try:
        asyncio.run(preflight(Places.from_environment()))
    except SecretError as problem:
        sys.exit(f"launch: {problem}")
    PlatformHub.launch_instance([f"--config={CONFIG}"])
