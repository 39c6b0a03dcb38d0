"""A real JupyterHub with all that the platform sets, save where things are: `python -m tests.isolation.attacked_hub <directory>`.

Its servers are pretended, and write down the token that they are given.
"""

import json
import sys
from pathlib import Path

from traitlets.config import Config

from hub.audit import AuditedHub
from hub.places import Places
from hub.secret_files import read_secrets
from hub.settings import HubSettings
from hub.traits import traits
from tests.hub.audited_hub import PretendedSpawner


class TellingSpawner(PretendedSpawner):
    directory = Path()

    async def start(self) -> str:
        (self.directory / f"{self.user.name}.token").write_text(self.api_token)
        return await super().start()


def main(directory: Path) -> None:
    given: dict[str, str] = json.loads((directory / "hub.json").read_text())
    PretendedSpawner.address, TellingSpawner.directory = given["server"], directory
    places = Places(settings=directory / "settings.json", secrets=directory, state=directory)
    settings = HubSettings.model_validate_json(places.settings.read_text())
    c = Config()
    for trait in traits(settings, read_secrets(settings, directory), places):
        setattr(c[trait.owner], trait.name, trait.value)
    c.JupyterHub.hub_bind_url = given["hub"]
    c.JupyterHub.hub_connect_url = given["hub"]
    c.JupyterHub.bind_url = given["public"]
    c.JupyterHub.spawner_class = TellingSpawner
    c.ConfigurableHTTPProxy.api_url = given["proxy"]
    (directory / "nothing_more.py").touch()
    AuditedHub.instance(config=c)
    AuditedHub.launch_instance([f"--config={directory / 'nothing_more.py'}"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
