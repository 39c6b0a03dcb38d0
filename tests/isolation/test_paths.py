"""However a path is written, the real proxy brings it to the server it is for, to the hub, or to nobody."""

import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jupyterhub.handlers import base

from lab.paths import CACHE
from tests.isolation.oracle import HUB, PEOPLE, REFUSED, label, reached
from tests.isolation.paths import Request, elsewhere, requests
from tests.isolation.servers import Answer, Proxy, echo, serve

NUMBER, SEED = 10_000, 20261121
HOST = "hub.example.org"
Start = Callable[..., Awaitable[Proxy]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """A proxy with the routes that a hub gives it, to servers that are there."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, which installs the proxy")
    async with AsyncExitStack() as stack:

        async def started(name: str) -> int:
            server, port = await serve(echo(name))
            stack.callback(server.close)
            return port

        async def make(*, plain_paths: bool = True, host: str | None = None) -> Proxy:
            proxy = Proxy(tmp_path, CACHE, await started(HUB), plain_paths=plain_paths, host=host)
            stack.callback(proxy.end)
            await proxy.ready()
            for name in PEOPLE:
                proxy.route(f"/{label(name)}.{host}/user/{name}" if host else f"/user/{name}", await started(name))
            return proxy

        yield make


async def test_ten_thousand_paths_reach_who_they_are_for(start: Start) -> None:
    proxy = await start()
    found = await proxy.ask_all(requests(NUMBER, SEED))
    assert len(found) == NUMBER
    assert astray(found) == {}
    assert [answer for answer in found.values() if answer.by in PEOPLE and not begins_with_its_own(answer)] == []
    counted = Counter(answer.by for answer in found.values())
    # None of the answers is rare enough for a mistake to hide in.
    assert {*counted} == {*PEOPLE, HUB, REFUSED}
    assert min(counted.values()) > NUMBER / 100, counted


async def test_hosts_of_their_own_are_told_apart_too(start: Start) -> None:
    proxy = await start(host=HOST)
    found = await proxy.ask_all(elsewhere(requests(NUMBER // 5, SEED + 1), HOST, SEED))
    assert astray(found, HOST) == {}
    assert {answer.by for answer in found.values()} == {*PEOPLE, HUB, REFUSED}


async def test_the_proxy_as_released_takes_some_for_others(start: Start) -> None:
    """Why the image holds more than the proxy. Once this fails, it need not."""
    proxy = await start(plain_paths=False)
    taken = {
        "/user%2fbob/lab": "bob",
        "/user/alice/%2e%2e/bob/lab": "bob",
        "//evil.example.org/user/bob/lab": "bob",
        "/user/alice/constructor/x": "nobody, 500",
        "/user/alice/files/%ff": "nobody, 500",
    }
    found = await proxy.ask_all(Request(target) for target in taken)
    assert {each.target: answer.by for each, answer in found.items()} == taken


@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize(("target", "by", "is_told"), [("/user/bob/api", "bob", False), ("/hub/login", HUB, True)])
async def test_what_the_edge_says_of_a_visitor_is_for_the_hub_alone(
    start: Start, target: str, by: str, is_told: bool, websocket: bool
) -> None:
    """With it, whoever owns a server could log in as whoever visits it."""
    proxy = await start()
    headers = ("Cf-Access-Jwt-Assertion: who", "Cookie: kept=yes; CF_Authorization=who; also=kept")
    [answer] = (await proxy.ask_all([Request(target, websocket=websocket, headers=headers)])).values()
    assert answer.by == by
    assert "kept=yes" in answer.given
    assert "also=kept" in answer.given
    assert ("cf-access-jwt-assertion" in answer.given) is is_told
    assert ("cf_authorization" in answer.given) is is_told


def test_the_hub_reads_the_same_paths_in_the_same_way() -> None:
    """By its own routes: what it would take for a person's server is what the proxy brings there."""
    routes: list[tuple[Any, ...]] = vars(base)["default_handlers"]
    [pattern] = [str(route[0]) for route in routes if "/user/(" in route[0]]
    for each in requests(NUMBER, SEED):
        expected = reached(each.target, each.host)
        if expected != REFUSED:
            found = re.fullmatch(pattern, re.split("[?#]", each.target, maxsplit=1)[0])
            name = unquote(found["user_name"]) if found else ""
            assert (name if name in PEOPLE else HUB) == expected, each


def astray(found: dict[Request, Answer], host: str | None = None) -> dict[Request, tuple[str, str]]:
    """Who was reached, and who should have been, where the two differ."""
    both = {each: (answer.by, reached(each.target, each.host, host=host)) for each, answer in found.items()}
    return {each: (by, expected) for each, (by, expected) in both.items() if by != expected}


def begins_with_its_own(answer: Answer) -> bool:
    """What a server is handed is not what the proxy looked at; it has to be as plain."""
    return re.match(rf"/user/{re.escape(answer.by)}([/?]|$)", answer.seen) is not None
