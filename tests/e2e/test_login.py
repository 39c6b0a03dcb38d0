"""Login at the Keycloak of dev, as people meet it."""

import re
import time

import pytest
from playwright.sync_api import expect

from hub.server_traits import FORGETS_AFTER
from tests.e2e.cluster import eventually
from tests.e2e.keycloak import Realm
from tests.e2e.person import Guest, Seat
from tests.e2e.replay import AT_THE_HUB, DOORS, Held
from tests.lab.hub_session import HubSession

pytestmark = [pytest.mark.lab, pytest.mark.browser]
NO_SUCH: dict[str, object] = {"profile": "there is none"}
"""Before the hub judges such a wish it asks Keycloak who wants that: 400 for somebody it knows, 403 for anybody else."""
NOT_YET = "You may not use this platform yet"
SHORT_SECONDS = 3


def test_a_first_login_asks_once_and_leads_to_the_profiles(
    guest: Guest, dev_realm: Realm, administrator: HubSession
) -> None:
    dora = guest("dora", "users")
    dora.page.goto(dora.hub)
    assert dora.page.url.startswith(f"{dev_realm.server.url}/realms/{dev_realm.name}/")
    expect(dora.page).to_have_title(re.compile("JupyterHub"))
    dora.identify()
    dora.is_in()
    dora.page.goto(f"{dora.hub}/hub/spawn")
    expect(dora.page.locator("#spawn_form")).to_contain_text("Small")
    [session] = dev_realm.sessions("dora")
    assert list(session["clients"].values()) == ["jupyterhub"]
    known = administrator.api("GET", "/users/dora").json()
    assert (known["admin"], known["groups"]) == (False, ["users"])


def test_a_login_may_begin_at_keycloak(guest: Guest, dev_realm: Realm) -> None:
    dora = guest("dora", "users")
    dora.page.goto(f"{dev_realm.server.url}/realms/{dev_realm.name}/account/applications")
    dora.identify()
    with dora.page.expect_popup() as opened:
        dora.page.locator("a", has_text="JupyterHub").click()
    dora.page = opened.value
    dora.is_in()


def test_somebody_of_no_group_is_told_whom_to_ask_and_then_comes_in(
    guest: Guest, dev_realm: Realm, administrator: HubSession
) -> None:
    eve = guest("eve")
    eve.page.goto(eve.hub)
    eve.identify()
    expect(eve.page.get_by_role("heading", name=NOT_YET)).to_be_visible()
    told = "You are eve, and in none of the groups whose members may log in: users, or admins for administrators."
    expect(eve.page.locator("body")).to_contain_text(told)
    assert administrator.api("GET", "/users/eve").status_code == 404
    dev_realm.join("eve", "users")
    eve.page.get_by_role("link", name="Log in again").click()
    eve.is_in()


def test_somebody_who_was_refused_may_come_as_somebody_else(guest: Guest, dev_realm: Realm) -> None:
    eve = guest("eve")
    eve.page.goto(eve.hub)
    eve.identify()
    eve.page.get_by_role("link", name="Log out").click()
    eve.page.get_by_role("button", name="Logout").click()
    eve.is_asked()
    assert dev_realm.sessions("eve") == []


def test_an_admin_by_group_is_none_as_soon_as_the_group_is_left(guest: Guest, dev_realm: Realm) -> None:
    ann = guest("ann", "admins", "users")
    ann.log_in()
    assert ann.status_of("/hub/admin") == 200
    expect(ann.page.get_by_role("link", name="Add Users")).to_be_visible()

    dev_realm.leave("ann", "admins")
    assert ann.asks_for(NO_SUCH).status == 400
    assert ann.status_of("/hub/admin") == 403

    dev_realm.leave("ann", "users")
    assert ann.asks_for(NO_SUCH).status == 403
    assert ann.status_of("/hub/home") == 403
    expect(ann.page.get_by_role("heading", name=NOT_YET)).to_be_visible()


def test_tokens_that_have_run_out_are_renewed(guest: Guest, dev_realm: Realm) -> None:
    dora = guest("dora", "users")
    with dev_realm.tokens_that_last(SHORT_SECONDS):
        dora.log_in()
        [before] = dev_realm.sessions("dora")
        time.sleep(SHORT_SECONDS + 1)
        assert dora.asks_for(NO_SUCH).status == 400
        [after] = dev_realm.sessions("dora")
    assert after["id"] == before["id"]
    assert after["lastAccess"] > before["lastAccess"]


def test_one_click_logs_out_of_every_browser_and_closes_every_door(
    person: Seat, dev_hub: str, dev_password: str, dev_realm: Realm
) -> None:
    dev_realm.end_sessions("alice")  # of a hub that stood here before, if there was one
    here, there = person(dev_hub, "alice", dev_password), person(dev_hub, "alice", dev_password)
    here.log_in()
    here.start(profile="small")
    there.log_in()
    there.page.goto(f"{dev_hub}/user/alice/lab")
    there.sees_lab()
    assert len(dev_realm.sessions("alice")) >= 2
    held = [Held.by(each) for each in (here, there)]
    assert [each.opens() for each in held] == [DOORS, DOORS]

    here.log_out()
    assert dev_realm.sessions("alice") == []
    assert [each.opens() & AT_THE_HUB for each in held] == [set(), set()]
    eventually("servers have forgotten them", lambda: not any(each.opens() for each in held), 2 * FORGETS_AFTER)
    there.page.goto(f"{dev_hub}/hub/home")
    there.is_asked()
