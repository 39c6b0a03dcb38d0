"""What somebody gets from the hub who has only a server's token, only headers, or only patience."""

import asyncio
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from itertools import product
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from jupyterhub import apihandlers

from lab.paths import CACHE
from tests.hub.running_hub import Browser, RunningHub
from tests.isolation.servers import Proxy
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "correct horse"  # noqa: S105 - of a hub that lives for a test
LOGIN = {"kind": "password", "admins": ["ada"], "users": ["alice", "bob"], "groups": {"analysts": ["alice", "bob"]}}
METHODS = ("get", "post", "put", "patch", "delete")
OPENED = {"GET /api/", "GET /api/user", "GET /api/users/alice", "POST /api/users/alice/activity"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    directory = tmp_path_factory.mktemp("hub")
    files = {"login-password": PASSWORD}
    async with RunningHub(directory, free_port(), LOGIN, files, program="tests.isolation.attacked_hub") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy(hub: RunningHub) -> AsyncIterator[str]:
    found = Proxy(hub.directory, CACHE, hub.port)
    try:
        await found.ready()
        yield f"http://127.0.0.1:{found.port}"
    finally:
        found.end()


async def log_in(browser: Browser, name: str, password: str = PASSWORD, **headers: str) -> int:
    await browser.get("/hub/login")
    form = {"username": name, "password": password, "_xsrf": browser.same_origin["X-XSRFToken"]}
    url = f"{browser.hub.url}/hub/login"
    async with browser.session.post(url, data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def token_of(hub: RunningHub, name: str) -> str:
    """What a server of theirs knows of the hub."""
    async with Browser(hub) as browser:
        assert await log_in(browser, name) == HTTPStatus.FOUND
        status, _ = await browser.post(f"/hub/api/users/{name}/server", {"profile": "small"})
        assert status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.BAD_REQUEST)
    while not (found := hub.directory / f"{name}.token").exists():
        await asyncio.sleep(0.1)
    return found.read_text()


async def test_a_servers_token_opens_nothing_but_its_own(hub: RunningHub) -> None:
    """Every route of the hub's API, with every method it has, about the token's own people and about others."""
    token = await token_of(hub, "alice")
    await token_of(hub, "bob")
    async with aiohttp.ClientSession(headers={"Authorization": f"token {token}"}) as session:
        answers = {
            f"{method.upper()} {path}": await status(session, method, f"{hub.url}/hub{path}")
            for method, path in requests_to_all()
        }
    assert {request for request, answer in answers.items() if answer < HTTPStatus.MULTIPLE_CHOICES} == OPENED, answers


def requests_to_all() -> list[tuple[str, str]]:
    routes: list[tuple[Any, ...]] = vars(apihandlers)["default_handlers"]
    filled = {
        (method, path)
        for pattern, handler, *_ in routes
        for path in concrete(pattern)
        for method in METHODS
        if method in vars(handler) or any(method in vars(parent) for parent in handler.__mro__[:-2])
    }
    assert len(filled) > 100
    return sorted(filled)


def concrete(pattern: str) -> list[str]:
    """The paths that a route stands for, about alice and about bob."""
    path = pattern.removesuffix("?").replace("(?:/([^/]+))", "").replace("/servers/([^/]*)", "/servers/")
    path = path.replace("/groups/([^/]+)", "/groups/analysts").replace("/services/([^/]+)", "/services/idle-culler")
    return sorted({re.sub(r"\(\[\^/\][+*]\)", name, path) for name in ("alice", "bob")})


async def status(session: aiohttp.ClientSession, method: str, url: str) -> int:
    body = {"servers": {"": {"last_activity": "2026-01-01T00:00:00Z"}}} if url.endswith("/activity") else {}
    async with session.request(method, url, json=body, allow_redirects=False) as answer:
        return answer.status


async def test_a_token_in_the_address_is_none(hub: RunningHub) -> None:
    token = await token_of(hub, "alice")
    async with aiohttp.ClientSession() as session:
        assert await status(session, "get", f"{hub.url}/hub/api/user?token={token}") == HTTPStatus.FORBIDDEN
        assert await status(session, "get", f"{hub.url}/hub/home?token={token}") == HTTPStatus.FOUND
        session.headers["Authorization"] = f"token {token}"
        assert await status(session, "get", f"{hub.url}/hub/api/user") == HTTPStatus.OK


async def test_strangers_read_no_figures(hub: RunningHub) -> None:
    async with aiohttp.ClientSession() as session:
        assert await status(session, "get", f"{hub.url}/hub/metrics") == HTTPStatus.FORBIDDEN
        session.headers["Authorization"] = f"token {await token_of(hub, 'alice')}"
        assert await status(session, "get", f"{hub.url}/hub/metrics") == HTTPStatus.FORBIDDEN


FORGED = {
    **dict.fromkeys(
        ("Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Webauth-User"), "ada"
    ),
    **dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "X-Forwarded-Host"), "127.0.0.1"),
    "Cf-Access-Authenticated-User-Email": "ada@example.org",
    "Cf-Access-Jwt-Assertion": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFkYUBleGFtcGxlLm9yZyJ9.",
    "Cf-Access-Client-Id": "ada",
    "Forwarded": "for=127.0.0.1;host=hub;proto=https",
    "X-Forwarded-Prefix": "/hub/api",
    "X-Original-URL": "/hub/admin",
    "X-Rewrite-URL": "/hub/admin",
    "X-HTTP-Method-Override": "DELETE",
    "X-JupyterHub-User": "ada",
}


@pytest.mark.parametrize("header", FORGED)
async def test_headers_set_by_hand_make_nobody_somebody_else(hub: RunningHub, proxy: str, header: str) -> None:
    """Through the proxy, as whoever reaches it could."""
    forged = {header: FORGED[header]}
    async with aiohttp.ClientSession(headers=forged) as session:
        assert await status(session, "get", f"{proxy}/hub/api/user") == HTTPStatus.FORBIDDEN
        assert await status(session, "get", f"{proxy}/hub/admin") == HTTPStatus.FOUND
        session.headers["Authorization"] = f"token {await token_of(hub, 'alice')}"
        async with session.get(f"{proxy}/hub/api/user") as answer:
            assert (await answer.json())["name"] == "alice"
        assert await status(session, "get", f"{proxy}/hub/api/users") == HTTPStatus.FORBIDDEN


MODES = ("no-cors", "cors", "navigate", "same-origin", None)
SITES = ("same-origin", "same-site", "cross-site", "none", None)
FORMS = ("/hub/spawn", "/hub/spawn/bob", "/hub/accept-share?code=1", "/hub/token", "/hub/login")


async def test_no_form_is_taken_without_its_token(hub: RunningHub) -> None:
    """Whatever a browser says of where it comes from. Websockets are asked for by no form."""
    async with Browser(hub) as browser:
        assert await log_in(browser, "alice") == HTTPStatus.FOUND
        answers: dict[tuple[str, str | None, str | None], int] = {}
        for form, mode, site in product(FORMS, MODES, SITES):
            said = {name: value for name, value in (("Sec-Fetch-Mode", mode), ("Sec-Fetch-Site", site)) if value}
            async with browser.session.post(f"{hub.url}{form}", data={"profile": "small"}, headers=said) as answer:
                answers[form, mode, site] = answer.status
    refused = (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
    assert {asked: status for asked, status in answers.items() if status not in refused} == {}


async def test_who_guesses_waits_and_nobody_else_does(hub: RunningHub) -> None:
    async def guess(name: str) -> int:
        async with Browser(hub) as browser:
            return await log_in(browser, name, "wrong")

    started = asyncio.get_running_loop().time()
    found = await asyncio.gather(*(guess("bob") for _ in range(20)), *(guess(f"nobody{each}") for each in range(60)))
    assert set(found[:20]) == {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
    # Three at once, and one more after each pause, which doubles.
    assert found[:20].count(HTTPStatus.FORBIDDEN) < 10
    assert set(found[20:]) == {HTTPStatus.FORBIDDEN}
    async with Browser(hub) as alice:
        assert await log_in(alice, "alice") == HTTPStatus.FOUND
    assert asyncio.get_running_loop().time() - started < 60
