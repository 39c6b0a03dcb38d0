"""An account at the stand-in of Cloudflare, as a test uses it: by its API, its control endpoint and its front door."""

import base64
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from lab import cloudflare
from lab.cloudflare import Cloudflare

SECONDS = 20
HOST = "jupyter.example.org"


@dataclass
class Account:
    there: Cloudflare
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = self.there.token

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> requests.Response:
        """Below accounts/ or zones/ of this account, or as the path says when it begins with a slash."""
        if not path.startswith("/"):
            owner = "zones" if path.startswith(("dns_records", "ssl/")) else "accounts"
            path = f"/{owner}/{self.there.zone if owner == 'zones' else self.there.account}/{path}"
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return requests.request(method, self.there.api + path, json=body, headers=headers, timeout=SECONDS)

    def made(self, path: str, body: object, method: str = "POST") -> dict[str, Any]:
        answer = self.call(method, path, body)
        assert answer.ok, answer.text
        return answer.json()["result"]

    def refused(self, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, int, str]:
        answer = self.call(method, path, body, token)
        said = answer.json()
        assert not said["success"]
        return answer.status_code, said["errors"][0]["code"], said["errors"][0]["message"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.there.control + path, json=body, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def visitor(self) -> requests.Session:
        """Somebody out in the world, who comes by the names."""
        session = requests.Session()
        session.trust_env = False
        session.proxies = {"https": self.there.proxy}
        session.verify = str(self.there.authority)
        return session

    def tunnel(self, name: str) -> dict[str, Any]:
        secret = base64.b64encode(name.ljust(32).encode()).decode()
        return self.made("cfd_tunnel", {"name": name, "config_src": "cloudflare", "tunnel_secret": secret})

    def tunnel_token(self, tunnel: str) -> str:
        """What a connector of it is given."""
        return self.call("GET", f"cfd_tunnel/{tunnel}/token").json()["result"]

    def route(self, tunnel: str, host: str, service: str, access: object = None) -> None:
        rule: dict[str, object] = {"hostname": host, "service": service}
        if access:
            rule["originRequest"] = {"access": access}
        config = {"ingress": [rule, {"service": "http_status:404"}]}
        self.made(f"cfd_tunnel/{tunnel}/configurations", {"config": config}, "PUT")
        target = {"type": "CNAME", "content": f"{tunnel}.cfargotunnel.com", "proxied": True, "ttl": 1}
        self.made("dns_records", {"name": host, **target})

    def application(self, host: str, *policies: dict[str, Any], **more: object) -> dict[str, Any]:
        attached = [{"id": policy["id"], "precedence": place} for place, policy in enumerate(policies, start=1)]
        wanted = {"type": "self_hosted", "name": host, "domain": host, "policies": attached, **more}
        return self.made("access/apps", wanted)


@contextmanager
def account() -> Generator[Account]:
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    with cloudflare.running() as there:
        yield Account(there)
