"""The audit log of a real hub: a line for each thing somebody did or was refused, whoever asks for it and however."""

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from settings.load import ROOT
from tests.hub.test_audit import KEYS
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOKEN = secrets.token_hex(16)
IMAGE = "registry.example.org/notebook"


@dataclass
class Running:
    url: str
    log: Path
    sessions: dict[str, tuple[aiohttp.ClientSession, str]] = field(
        default_factory=dict[str, "tuple[aiohttp.ClientSession, str]"]
    )

    async def log_in(self, name: str, password: str = "right") -> int:  # noqa: S107 - of a hub that lives for a test
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        async with session.get(f"{self.url}/hub/login"):
            token = xsrf(session)
        form = {"username": name, "password": password, "_xsrf": token}
        async with session.post(f"{self.url}/hub/login", data=form, allow_redirects=False) as answer:
            code = answer.status
        if code == 302:
            self.sessions[name] = (session, xsrf(session))
        else:
            await session.close()
        return code

    async def call(self, name: str, method: str, path: str, body: object = None) -> int:
        session, token = self.sessions[name]
        headers = {"X-XSRFToken": token, "Referer": f"{self.url}/hub/home", "Sec-Fetch-Mode": "cors"}
        async with session.request(
            method, f"{self.url}/hub/{path}", json=body, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status

    def noted(self) -> list[dict[str, Any]]:
        return [json.loads(found) for found in self.log.read_text().splitlines() if found.startswith('{"audit"')]

    async def note(self, audit: str, number: int = 0) -> dict[str, Any]:
        """A line, as soon as it is there."""
        for _ in range(200):
            found = [each for each in self.noted() if each["audit"] == audit]
            if len(found) > number:
                return found[number]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {audit} in {self.log.read_text()}")


def xsrf(session: aiohttp.ClientSession) -> str:
    return next(cookie.value for cookie in session.cookie_jar if cookie.key == "_xsrf")


async def answer(request: web.Request) -> web.Response:
    """A proxy that takes every route, and a server that is there at once."""
    if request.path.startswith("/api/routes"):
        return web.json_response({}, status=201 if request.method == "POST" else 200)
    return web.json_response({}, headers={"X-JupyterHub-Version": "6.1.1"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    directory = tmp_path_factory.mktemp("hub")
    (directory / "password").write_text("right")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other = f"http://127.0.0.1:{runner.addresses[0][1]}"
    url = f"http://127.0.0.1:{free_port()}"
    told = {"hub": url, "public": "http://127.0.0.1:1", "proxy": other, "server": other, "token": TOKEN}
    (directory / "hub.json").write_text(json.dumps(told))
    log = directory / "stdout"
    with log.open("w") as out, (directory / "stderr").open("w") as errors:
        command = [sys.executable, "-m", "tests.hub.audited_hub", str(directory)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors)
        running = Running(url, log)
        try:
            await until_healthy(running, (directory / "stderr").read_text)
            yield running
        finally:
            process.terminate()
            process.wait()
            for session, _ in running.sessions.values():
                await session.close()
            await runner.cleanup()


async def until_healthy(running: Running, complaint: Callable[[], str]) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            try:
                async with session.get(f"{running.url}/hub/health"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
    raise AssertionError(complaint())


async def test_logins(hub: Running) -> None:
    assert await hub.log_in("bob", "wrong") == 403
    seen = await hub.note("login_refused")
    assert (seen["user"], seen["by"], seen["address"]) == ("bob", None, "127.0.0.1")
    assert await hub.log_in('eve\n{"audit": "login"}') == 403
    assert (await hub.note("login_refused", 1))["user"] == 'eve\n{"audit": "login"}'
    for name in ("ada", "bob"):
        assert await hub.log_in(name) == 302
    seen = await hub.note("login", 1)
    assert (seen["user"], seen["by"], seen["address"]) == ("bob", "bob", "127.0.0.1")
    assert list(seen) == KEYS


async def test_a_start_and_a_stop_by_an_admin(hub: Running) -> None:
    assert await hub.call("bob", "POST", "api/users/bob/server", {"profile": "small"}) == 201
    seen = await hub.note("start")
    assert {key: seen[key] for key in KEYS[2:]} == {
        "user": "bob",
        "by": "bob",
        "server": "",
        "address": "127.0.0.1",
        "reason": None,
        "profile": "small",
        "image": IMAGE,
    }
    assert await hub.call("ada", "DELETE", "api/users/bob/server") in (202, 204)
    seen = await hub.note("stop")
    assert (seen["user"], seen["by"], seen["server"]) == ("bob", "ada", "")


async def test_starts_that_are_refused_fail_or_take_their_time(hub: Running) -> None:
    assert await hub.call("bob", "POST", "api/users/bob/server", {"profile": "gigantic"}) == 400
    seen = await hub.note("start_refused")
    assert (seen["user"], seen["by"], seen["reason"]) == ("bob", "bob", "there is no profile\n'gigantic'")
    assert await hub.call("bob", "POST", "api/users/bob/server", {"profile": "broken"}) == 500
    seen = await hub.note("start_failed")
    assert "could not be pulled" in seen["reason"]
    assert await hub.call("bob", "POST", "api/users/bob/server", {"profile": "slow"}) in (201, 202)
    assert len([each for each in hub.noted() if each["audit"] == "start"]) == 1
    seen = await hub.note("start", 1)
    assert (seen["user"], seen["by"], seen["profile"]) == ("bob", "bob", "slow")


async def test_the_culler_is_named(hub: Running) -> None:
    headers = {"Authorization": f"token {TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.delete(f"{hub.url}/hub/api/users/bob/server") as answered,
    ):
        assert answered.status in (202, 204)
    seen = await hub.note("stop", 1)
    assert (seen["user"], seen["by"]) == ("bob", "service idle-culler")


async def test_what_is_not_ones_own(hub: Running) -> None:
    assert await hub.call("bob", "GET", "api/info") == 403
    seen = await hub.note("access_refused")
    assert (seen["by"], seen["reason"]) == ("bob", "GET /hub/api/info")


async def test_a_logout_and_nothing_secret_in_all_of_it(hub: Running) -> None:
    assert await hub.call("bob", "GET", "logout") == 302
    seen = await hub.note("logout")
    assert (seen["user"], seen["by"]) == ("bob", "bob")
    text = hub.log.read_text()
    assert "right" not in text
    assert TOKEN not in text
    assert all(list(each) == KEYS for each in hub.noted())
