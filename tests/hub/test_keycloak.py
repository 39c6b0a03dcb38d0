"""Login at a login server that can be made to fail, in a real hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from hub.login.kept import MOST_SESSIONS
from tests.hub.provider import SECRET, Provider, person
from tests.hub.running_hub import Browser, RunningHub
from tests.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
REPORT = {"servers": {"": {"last_activity": "2026-01-01T00:00:00Z"}}}


def people() -> dict[str, dict[str, Any]]:
    return {
        "alice": person("alice", ["user"], "/users", "/analysts", "/x/admins"),
        "ada": person("ada", ["admin"], "/admins"),
        "nobody": {"sub": "sub-nobody", "preferred_username": "nobody"},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider() -> AsyncIterator[Provider]:
    found = Provider(people())
    async with found.listening():
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHub]:
    port = free_port()
    directory = tmp_path_factory.mktemp("hub")
    async with RunningHub(directory, port, provider.login_at(port), {"client-secret": SECRET}) as running:
        yield running


@pytest.fixture(autouse=True)
def everybody_is_as_before(provider: Provider) -> None:
    provider.people, provider.silence, provider.tampered = people(), "", {}
    provider.sessions.clear()


@pytest_asyncio.fixture(loop_scope="module")
async def browser(hub: RunningHub) -> AsyncIterator[Browser]:
    async with Browser(hub) as found:
        yield found


async def log_in(browser: Browser, provider: Provider, name: str) -> tuple[int, str, str]:
    provider.logged_in = name
    return await browser.get("/hub/oauth_login?next=/hub/home")


async def test_groups_and_admins_are_what_keycloak_says(browser: Browser, provider: Provider) -> None:
    status, _, url = await log_in(browser, provider, "alice")
    assert (status, url) == (200, f"{browser.hub.url}/hub/home")
    me = await browser.me()
    assert me is not None
    assert (me["name"], me["admin"], sorted(me["groups"])) == ("alice", False, ["analysts", "users"])
    assert browser.hub.noted("login")[-1]["user"] == "alice"


async def test_an_admin_is_one_until_keycloak_says_otherwise(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "ada")
    assert (await browser.get("/hub/admin"))[0] == 200
    provider.people["ada"] |= {"roles": ["user"], "groups": ["/users", "/new"]}
    await asyncio.sleep(1.1)
    me = await browser.me()
    assert me is not None
    assert (me["admin"], sorted(me["groups"]), me["roles"]) == (False, ["new", "users"], ["user"])
    assert (await browser.get("/hub/admin"))[0] == 403


@pytest.mark.parametrize(
    "name", ["Alice", "ali ce", "\u0430lice", "alice@example.org", "alice.", "1alice", "", "a" * 64, "alice\n"]
)
async def test_a_name_is_taken_as_it_is_or_refused(browser: Browser, provider: Provider, name: str) -> None:
    provider.people["other"] = {**person("alice", ["user"]), "sub": "other", "preferred_username": name}
    status, page, _ = await log_in(browser, provider, "other")
    assert status == 403
    assert "Your user name cannot be used here" in page
    assert "Traceback" not in page
    assert await browser.me() is None


async def test_who_is_in_no_group_is_told_which_are_needed(browser: Browser, provider: Provider) -> None:
    status, page, _ = await log_in(browser, provider, "nobody")
    assert status == 403
    assert "none of the groups whose members may log in: users, or admins" in page
    assert "Ask an administrator" in page
    refused = browser.hub.noted("login_refused")[-1]
    assert refused["user"] == "nobody"
    assert "You are nobody" in refused["reason"]
    assert await browser.me() is None


async def test_a_group_within_another_one_is_nobodys_role(browser: Browser, provider: Provider) -> None:
    provider.people["mallory"] = person("mallory", ["user"], "/x/admins", "admins", "/", "//admins", "/ok")
    await log_in(browser, provider, "mallory")
    me = await browser.me()
    assert me is not None
    assert (me["groups"], me["admin"]) == (["ok"], False)


async def test_a_name_stays_with_whom_it_was_given_to(browser: Browser, provider: Provider) -> None:
    provider.people["carol"] = person("carol", ["user"])
    await log_in(browser, provider, "carol")
    await browser.get("/hub/logout")
    provider.people["carol"]["sub"] = "somebody-else"
    status, page, _ = await log_in(browser, provider, "carol")
    assert status == 403
    assert "belongs to somebody else" in page
    async with Browser(browser.hub) as desk:
        await log_in(desk, provider, "ada")
        headers = desk.same_origin
        async with desk.session.delete(f"{desk.hub.url}/hub/api/users/carol", headers=headers) as answer:
            assert answer.status == 204
    assert (await log_in(browser, provider, "carol"))[0] == 200


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "http://evil.example.org"},
        {"aud": "another-client"},
        {"azp": "another-client"},
        {"exp": 1},
        {"typ": "Bearer"},
        {"nonce": "of another login"},
        {"sub": "sub-ada"},
    ],
)
async def test_a_token_that_is_not_ours_lets_nobody_in(
    browser: Browser, provider: Provider, lie: dict[str, Any]
) -> None:
    provider.tampered = lie
    status, page, _ = await log_in(browser, provider, "alice")
    assert status == 503
    assert "Nobody can log in now" in page
    assert await browser.me() is None


async def test_a_session_that_keycloak_has_ended_is_over_here(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "alice")
    provider.sessions.clear()
    await asyncio.sleep(1.1)
    assert await browser.me() is None
    asked = len(provider.asked)
    assert await browser.me() is None
    assert len(provider.asked) == asked, "nobody asks again about what is over"
    await log_in(browser, provider, "alice")
    assert await browser.me()


async def test_who_loses_every_role_is_out_and_told_so(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "alice")
    _, token = await browser.post("/hub/api/users/alice/tokens", {"note": "script"})
    provider.people["alice"] |= {"roles": [], "groups": []}
    await asyncio.sleep(1.1)
    assert await browser.me() is None
    headers = {"Authorization": f"token {token['token']}"}
    async with Browser(browser.hub, headers) as script:
        assert await script.me() is None
    assert (await log_in(browser, provider, "alice"))[0] == 403


@pytest.mark.parametrize("silence", ["500", "401", "garbage", "refused"])
async def test_silence_is_forgiven_for_a_while(browser: Browser, provider: Provider, silence: str) -> None:
    await log_in(browser, provider, "alice")
    provider.silence = silence
    await asyncio.sleep(1.1)
    me = await browser.me()
    assert me is not None
    assert sorted(me["groups"]) == ["analysts", "users"]
    status, _ = await browser.post("/hub/api/users/alice/server", {})
    assert status == 201
    async with browser.session.delete(f"{browser.hub.url}/hub/api/users/alice/server", headers=browser.same_origin):
        pass
    async with Browser(browser.hub) as stranger:
        status, page, _ = await log_in(stranger, provider, "alice")
        assert (status, "does not answer" in page) == (503, True)


async def test_a_crowd_asks_keycloak_once(browser: Browser, provider: Provider) -> None:
    """With rotation, two questions with one token would end the session."""
    await log_in(browser, provider, "alice")
    await asyncio.sleep(1.1)
    provider.asked.clear()
    assert all(await asyncio.gather(*(browser.me() for _ in range(20))))
    assert provider.asked.count("refresh_token") <= 2
    await asyncio.sleep(1.1)
    assert await browser.me()


async def test_one_click_logs_out_everywhere(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "alice")
    _, token = await browser.post("/hub/api/users/alice/tokens", {"note": "script"})
    async with (
        Browser(browser.hub) as elsewhere,
        Browser(browser.hub, {"Authorization": f"token {token['token']}"}) as script,
        Browser(browser.hub, cookies=browser.held) as thief,
    ):
        await log_in(elsewhere, provider, "alice")
        assert await elsewhere.me()
        assert await script.me()
        assert await thief.me()
        _, page, url = await browser.get("/hub/logout")
        assert page == "Logged out of the login server"
        assert "id_token" not in url
        assert provider.sessions == {}
        assert await browser.me() is None
        assert await elsewhere.me() is None
        assert await script.me() is None
        assert await thief.me() is None
    assert browser.hub.noted("logout")[-1]["user"] == "alice"


async def test_of_very_many_logins_none_is_forgotten(browser: Browser, provider: Provider) -> None:
    async with AsyncExitStack() as opened:
        everywhere = [await opened.enter_async_context(Browser(browser.hub)) for _ in range(MOST_SESSIONS + 3)]
        for each in everywhere:
            await log_in(each, provider, "alice")
        assert len(provider.sessions) == MOST_SESSIONS
        assert await everywhere[0].me()
    await log_in(browser, provider, "alice")
    await browser.get("/hub/logout")
    assert provider.sessions == {}


async def test_who_makes_room_is_told_again_when_keycloak_did_not_hear(browser: Browser, provider: Provider) -> None:
    async with AsyncExitStack() as opened:
        everywhere = [await opened.enter_async_context(Browser(browser.hub)) for _ in range(MOST_SESSIONS + 1)]
        for each in everywhere[:-1]:
            await log_in(each, provider, "alice")
        provider.silence = "deaf"
        await log_in(everywhere[-1], provider, "alice")
        assert len(provider.sessions) == MOST_SESSIONS + 1
        provider.silence = ""
    await log_in(browser, provider, "alice")
    assert len(provider.sessions) == MOST_SESSIONS


async def test_a_logout_that_keycloak_does_not_hear_says_so(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "alice")
    provider.silence = "500"
    status, page, _ = await browser.get("/hub/logout")
    assert status == 200
    assert "logged out of the platform only" in page
    assert "id_token_hint=" in page
    assert await browser.me() is None


async def test_another_site_logs_nobody_out(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "alice")
    await browser.get("/hub/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert await browser.me()


async def test_a_servers_token_outlives_a_logout_and_nothing_else_does(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "alice")
    assert await browser.post("/hub/api/users/alice/server", {}) == (201, None)
    _, forged = await browser.post("/hub/api/users/alice/tokens", {"note": "Server at /user/alice/"})
    async with (
        Browser(browser.hub, browser.hub.server_token("alice")) as server,
        Browser(browser.hub, {"Authorization": f"token {forged['token']}"}) as script,
    ):
        await browser.get("/hub/logout")
        assert (await server.post("/hub/api/users/alice/activity", REPORT))[0] == 200
        assert await script.me() is None
        assert await server.me() is None, "nor does its token open the server, whose owner has logged out"
        browser.hub.stop()
        await browser.hub.start()
        await log_in(browser, provider, "alice")
        await browser.get("/hub/logout")
        assert (await server.post("/hub/api/users/alice/activity", REPORT))[0] == 200


async def test_a_server_that_was_left_keeps_no_login_alive(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "ada")
    assert (await browser.post("/hub/api/users/ada/server", {}))[0] == 201
    await asyncio.sleep(1.1)
    asked = len(provider.asked)
    async with Browser(browser.hub, browser.hub.server_token("ada")) as server:
        assert (await server.post("/hub/api/users/ada/activity", REPORT))[0] == 200
        assert len(provider.asked) == asked
        assert await server.me()
        assert len(provider.asked) == asked + 1, "somebody who uses it does"


async def test_a_callback_out_of_the_blue(browser: Browser, provider: Provider) -> None:
    status, page, _ = await browser.get("/hub/oauth_callback?code=x&state=eyJzdGF0ZV9pZCI6ICJ4In0=")
    assert (status, "This login took too long" in page) == (403, True)
    status, page, _ = await browser.get("/hub/oauth_callback?error=x&error_description=<b>call+555-1234</b>")
    assert (status, "555-1234" in page) == (403, False)
    await log_in(browser, provider, "alice")
    status, _, _ = await browser.get("/hub/oauth_callback?code=x&state=x")
    assert status == 200
    assert await browser.me()


async def test_only_declared_addresses(browser: Browser, provider: Provider) -> None:
    status, page, _ = await browser.get("/hub/oauth_login", headers={"Host": "evil.example.org"})
    assert status == 403
    assert f"Come by {browser.hub.url} or" in page


async def test_silence_is_not_forgiven_anew_by_a_hub_that_starts_anew(browser: Browser, provider: Provider) -> None:
    await log_in(browser, provider, "ada")
    provider.silence = "500"
    browser.hub.stop()
    await browser.hub.start()
    me = await browser.me()
    assert me is not None
    assert me["admin"], "an admin stays one"
    assert (await browser.get("/hub/admin"))[0] == 200
    browser.hub.stop()
    await browser.hub.start({**browser.hub.login, "grace": 1})
    assert await browser.me() is None
    provider.silence = ""
    assert await browser.me(), "it is over when Keycloak says so, not when it says nothing"
