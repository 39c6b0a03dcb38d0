"""A hub in a process of its own, for tests of logins; and a browser that stands before it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

from hub.settings import HubSettings
from settings.load import ROOT
from tests.hub.conftest import SETTINGS

FILES = {"cookie-secret": "ab" * 32, "crypt-key": "cd" * 32, "proxy-token": "proxy"}


@dataclass
class RunningHub:
    directory: Path
    port: int
    login: Mapping[str, Any]
    files: Mapping[str, str]
    program: str = "tests.hub.keycloak_hub"
    _process: "subprocess.Popen[bytes] | None" = None
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", _answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        other = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        told = {"hub": self.url, "public": "http://127.0.0.1:1", "proxy": other, "server": other}
        (self.directory / "hub.json").write_text(json.dumps(told))
        for name, text in {**FILES, **self.files}.items():
            (self.directory / name).write_text(text)
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self._runner is not None
        await self._runner.cleanup()

    async def start(self, login: Mapping[str, Any] | None = None) -> None:
        settings = HubSettings.model_validate({**SETTINGS, "login": login or self.login, "culler": None})
        (self.directory / "settings.json").write_text(settings.model_dump_json())
        with (self.directory / "stdout").open("a") as out, (self.directory / "stderr").open("a") as errors:
            command = [sys.executable, "-m", self.program, str(self.directory)]
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors)
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                try:
                    async with session.get(f"{self.url}/hub/health"):
                        return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        raise AssertionError(self.complaints)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    @property
    def complaints(self) -> str:
        return (self.directory / "stderr").read_text()

    def server_token(self, name: str) -> dict[str, str]:
        """What the server of somebody shows to the hub."""
        told = json.loads((self.directory / f"environment-{name}.json").read_text())
        return {"Authorization": f"token {told['JUPYTERHUB_API_TOKEN']}"}

    def noted(self, audit: str) -> list[dict[str, Any]]:
        lines = (self.directory / "stdout").read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith('{"audit"')]
        return [each for each in found if each["audit"] == audit]


@dataclass
class Browser:
    """Keeps cookies and follows redirects, wherever they lead."""

    hub: RunningHub
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of another browser."""

    async def __aenter__(self) -> Self:
        jar = aiohttp.CookieJar(unsafe=True)
        jar.update_cookies(self.cookies, URL(f"{self.hub.url}/hub/"))
        self.session = aiohttp.ClientSession(cookie_jar=jar, headers=self.headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    @property
    def held(self) -> dict[str, str]:
        """Its cookies, for whoever steals them."""
        return {cookie.key: cookie.value for cookie in self.session.cookie_jar}

    async def get(self, path: str, **options: Any) -> tuple[int, str, str]:
        """Where it ends: the status, the text and the address of the last page."""
        url = path if "://" in path else f"{self.hub.url}{path}"
        async with self.session.get(url, **options) as answer:
            return answer.status, await answer.text(), str(answer.url)

    async def me(self) -> dict[str, Any] | None:
        """Who the hub takes this browser for."""
        async with self.session.get(f"{self.hub.url}/hub/api/user", headers=self.same_origin) as answer:
            return await answer.json() if answer.status == 200 else None

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        async with self.session.post(f"{self.hub.url}{path}", json=body, headers=self.same_origin) as answer:
            return answer.status, await answer.json(content_type=None)

    @property
    def same_origin(self) -> dict[str, str]:
        xsrf = next((cookie.value for cookie in self.session.cookie_jar if cookie.key == "_xsrf"), "")
        return {"X-XSRFToken": xsrf, "Referer": f"{self.hub.url}/hub/home", "Sec-Fetch-Mode": "cors"}


async def _answer(request: web.Request) -> web.Response:
    """A proxy that takes every route, and a server that is there at once."""
    if request.path.startswith("/api/routes"):
        return web.json_response({}, status=201 if request.method == "POST" else 200)
    return web.json_response({}, headers={"X-JupyterHub-Version": "6.1.1"})
