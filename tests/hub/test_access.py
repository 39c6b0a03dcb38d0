"""Login by Cloudflare Access alone, and at Keycloak behind it, in real hubs."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from hub.login.edge import ASSERTION
from tests.hub.provider import SECRET, Provider, person
from tests.hub.running_hub import Browser, RunningHub
from tests.hub.team import AUDIENCE, THEIRS, Team, claims, signed
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer() -> AsyncIterator[str]:
    async with Team().listening() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    """Access says who people are."""
    login = {
        "kind": "cloudflare_access",
        "edge": {"issuer": issuer},
        "domain": "example.org",
        "admins": ["ann"],
        "groups": {"analysts": ["bob"]},
        "longest": 3600,
    }
    files = {"access-audience": AUDIENCE}
    async with RunningHub(tmp_path_factory.mktemp("alone"), free_port(), login, files) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[RunningHub, Provider]]:
    """Keycloak says who people are, to Access and to the hub."""
    provider, port = Provider({"alice": {**person("alice", ["user"]), "email": "Alice@example.org"}}), free_port()
    async with provider.listening():
        login = {**provider.login_at(port), "edge": {"issuer": issuer}, "edge_logs_in_here": True}
        files = {"access-audience": AUDIENCE, "client-secret": SECRET}
        async with RunningHub(tmp_path_factory.mktemp("behind"), port, login, files) as running:
            yield running, provider


def shown(issuer: str, email: str, **changes: Any) -> dict[str, str]:
    return {ASSERTION: signed(claims(issuer, email=email, **changes))}


async def test_whom_access_lets_in_is_who_they_are(alone: RunningHub, issuer: str) -> None:
    for email, admin, groups in (("ann@example.org", True, []), ("Bob@Example.org", False, ["analysts"])):
        async with Browser(alone, shown(issuer, email)) as browser:
            status, _, url = await browser.get("/hub/login?next=/hub/home")
            assert (status, url) == (200, f"{alone.url}/hub/home")
            me = await browser.me()
            assert me is not None
            assert (me["admin"], me["groups"]) == (admin, groups)


@pytest.mark.parametrize(
    "email",
    [
        "ann@evil.org",
        "ann@sub.example.org",
        "ann@example.org.evil.org",
        "ann",
        "@example.org",
        "a nn@example.org",
        "ann+x@example.org",
        "\u0430nn@example.org",
        "ann@evil.org@example.org",
        "a..-@example.org",
        "ann@example.org\n",
    ],
)
async def test_an_address_that_is_no_name_here(alone: RunningHub, issuer: str, email: str) -> None:
    async with Browser(alone, shown(issuer, email)) as browser:
        status, page, _ = await browser.get("/hub/login")
        assert (status, "Your address cannot be used here" in page) == (403, True)
        assert await browser.me() is None


async def test_headers_written_by_hand_are_nobodys(alone: RunningHub, issuer: str) -> None:
    token = signed(claims(issuer))
    for written in (
        {"Cf-Access-Authenticated-User-Email": "ann@example.org"},
        {ASSERTION: signed(claims(issuer), THEIRS)},
        {"Cookie": f"CF_Authorization={token}"},
        {"Authorization": f"Bearer {token}"},
    ):
        async with Browser(alone, written) as browser:
            status, page, _ = await browser.get(f"/hub/login?token={token}&{ASSERTION}={token}")
            assert status == 403, written
            assert "did not come through Cloudflare Access" in page
            assert await browser.me() is None


async def test_a_login_lasts_as_long_as_access_says(alone: RunningHub, issuer: str) -> None:
    now = int(time.time())
    async with Browser(alone, shown(issuer, "bob@example.org", exp=now + 3600)) as browser:
        await browser.get("/hub/login?next=/hub/home")
        held = browser.held
        _, token = await browser.post("/hub/api/users/bob/tokens", {"note": "script"})
    async with (
        Browser(alone, cookies=held) as server,
        Browser(alone, {"Authorization": f"token {token['token']}"}) as script,
    ):
        assert await server.me(), "a request that comes from inside needs no token of the edge"
        assert await script.me()
        async with Browser(alone, shown(issuer, "bob@example.org"), held) as again:
            await again.get("/hub/logout", allow_redirects=False)
        assert await server.me() is None
        assert await script.me() is None


async def test_a_logout_leads_to_that_of_the_edge(alone: RunningHub, issuer: str) -> None:
    async with Browser(alone, shown(issuer, "bob@example.org")) as browser:
        await browser.get("/hub/login?next=/hub/home")
        await browser.get("/hub/logout", headers={"Sec-Fetch-Site": "cross-site"})
        assert await browser.me(), "another site logs nobody out"
        async with browser.session.get(f"{alone.url}/hub/logout", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/cdn-cgi/access/logout"
    assert alone.noted("logout")[-1]["user"] == "bob"


async def test_behind_the_edge_both_have_to_name_the_same_person(
    behind: tuple[RunningHub, Provider], issuer: str
) -> None:
    hub, provider = behind
    provider.logged_in = "alice"
    async with Browser(hub, shown(issuer, "alice@example.org")) as browser:
        assert (await browser.get("/hub/login?next=/hub/home"))[0] == 200
        assert await browser.me()
    async with Browser(hub, shown(issuer, "bob@example.org")) as browser:
        status, page, _ = await browser.get("/hub/login?next=/hub/home")
        assert (status, "You are two people" in page) == (403, True)
        assert await browser.me() is None


async def test_behind_the_edge_nobody_logs_in_around_it(behind: tuple[RunningHub, Provider], issuer: str) -> None:
    hub, provider = behind
    provider.logged_in = "alice"
    async with Browser(hub) as browser:
        status, page, _ = await browser.get("/hub/login?next=/hub/home")
        assert (status, "did not come through Cloudflare Access" in page) == (403, True)
        async with browser.session.get(
            f"{hub.url}/hub/oauth_login", headers=shown(issuer, "alice@example.org"), allow_redirects=False
        ) as begun:
            assert begun.status == 302
        status, page, _ = await browser.get(begun.headers["Location"])
        assert (status, "did not come through Cloudflare Access" in page) == (403, True)
        assert await browser.me() is None
