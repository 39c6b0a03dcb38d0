"""A real JupyterHub with our login and our audit log, whose servers are pretended: `python -m tests.hub.audited_hub <directory>`.

Its settings are in the directory: where to listen, where a proxy's API is, and where a server answers.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from jupyterhub.spawner import Spawner
from traitlets.config import Config

from hub.audit import AuditedHub
from hub.failures import Refusal, StartError


class PretendedSpawner(Spawner):
    """Its options say what becomes of a start."""

    image = "registry.example.org/notebook"
    address = ""
    going = False

    async def apply_user_options(self, spawner: object, options: object) -> None:
        if options == {"profile": "gigantic"}:
            raise Refusal("options", "there is no profile\n'gigantic'", 400)

    async def start(self) -> str:
        if self.user_options.get("profile") == "slow":
            await asyncio.sleep(2)
        if self.user_options.get("profile") == "broken":
            raise StartError("its image could not be pulled")
        self.going = True
        return PretendedSpawner.address

    async def poll(self) -> int | None:
        return None if self.going else 1

    async def stop(self, now: bool = False) -> None:
        self.going = False


def main(directory: Path) -> None:
    given: dict[str, str] = json.loads((directory / "hub.json").read_text())
    PretendedSpawner.address = given["server"]
    c = Config()
    c.JupyterHub.db_url = "sqlite:///:memory:"
    c.JupyterHub.cookie_secret = b"a" * 32
    c.JupyterHub.spawner_class = PretendedSpawner
    c.JupyterHub.authenticator_class = "hub.login.passwords.PasswordAuthenticator"
    c.JupyterHub.services = [{"name": "idle-culler", "api_token": given["token"]}]
    c.JupyterHub.load_roles = [
        {"name": "admin", "users": ["ada"]},
        {"name": "culler", "scopes": ["list:users", "delete:servers"], "services": ["idle-culler"]},
    ]
    c.PasswordAuthenticator.password_file = str(directory / "password")
    c.PasswordAuthenticator.allowed_users = {"ada", "bob"}
    c.PasswordAuthenticator.admins = {"ada"}
    launch(c, given, directory)


def launch(c: Config, given: Mapping[str, str], directory: Path) -> None:
    """With a pretended proxy, at the addresses that the test has given."""
    c.JupyterHub.hub_bind_url = given["hub"]
    c.JupyterHub.bind_url = given["public"]
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 1}
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = given["proxy"]
    c.ConfigurableHTTPProxy.auth_token = "proxy"  # noqa: S105 - of a pretended proxy
    (directory / "nothing_more.py").touch()
    AuditedHub.instance(config=c)
    AuditedHub.launch_instance([f"--config={directory / 'nothing_more.py'}"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
