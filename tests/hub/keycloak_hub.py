"""A real JupyterHub with our logins, whose servers are pretended: `python -m tests.hub.keycloak_hub <directory>`.

The directory holds settings.json and secrets, as the hub's pod does, and hub.json: where to listen, where a proxy's API is, and
where a server answers.
"""

import json
import sys
from pathlib import Path

from traitlets.config import Config

from hub.branding import branding_traits
from hub.login.traits import login_traits
from hub.places import Places
from hub.roles import service_traits
from hub.secret_files import read_secrets
from hub.settings import HubSettings
from tests.hub.audited_hub import PretendedSpawner, launch


class LastingSpawner(PretendedSpawner):
    """Its servers outlive the hub, and leave what they were told for the test."""

    directory = Path()

    async def start(self) -> str:
        self.environment_file.write_text(json.dumps(self.get_env()))
        return PretendedSpawner.address

    async def poll(self) -> int | None:
        return None if self.environment_file.exists() else 1

    async def stop(self, now: bool = False) -> None:
        self.environment_file.unlink()

    @property
    def environment_file(self) -> Path:
        return self.directory / f"environment-{self.user.name}.json"


def main(directory: Path) -> None:
    given: dict[str, str] = json.loads((directory / "hub.json").read_text())
    PretendedSpawner.address = given["server"]
    LastingSpawner.directory = directory
    places = Places(settings=directory / "settings.json", secrets=directory, state=directory)
    settings = HubSettings.model_validate_json(places.settings.read_text())
    secrets = read_secrets(settings, directory)
    c = Config()
    for trait in (
        *login_traits(settings, secrets, places),
        *service_traits(settings, secrets, places.settings),
        *branding_traits(settings),
    ):
        setattr(c[trait.owner], trait.name, trait.value)
    c.JupyterHub.db_url = f"sqlite:///{directory / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret = secrets.cookie_secret
    c.CryptKeeper.keys = list(secrets.crypt_keys)
    c.JupyterHub.spawner_class = LastingSpawner
    launch(c, given, directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
