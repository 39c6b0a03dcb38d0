"""The whole way in, made by the real engine: the edge, Access that asks a Keycloak, and a hub that asks the same one."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from components.naming import CLOUDFLARED, HUB
from lab import edge
from tests.e2e import surroundings
from tests.e2e.cluster import kubectl
from tests.e2e.conftest import GUEST_PASSWORD
from tests.e2e.keycloak import Realm
from tests.e2e.person import Person, Seat
from tests.engine.checkout import Checkout, up
from tests.engine.conftest import require
from tests.lab.cloudflare_account import HOST, SECONDS, Account

pytestmark = [pytest.mark.engine, pytest.mark.lab, pytest.mark.browser]
URL = f"https://{HOST}"
LED = (CLOUDFLARED, HUB)
OURS = "of the client that manages the realm"


@dataclass(frozen=True)
class Way:
    account: Account
    realm: Realm


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Generator[Way]:
    require("keycloak", "cloudflare")
    keycloak = surroundings.keycloak()
    with edge.serving("example.org", "example") as there, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUDFLARE_BASE_URL", there.api)
        ids = {"exposure.account": there.account, "exposure.zone": there.zone}
        checkout = Checkout(tmp_path_factory.mktemp("stack"), "whole-way", **ids)
        realm = Realm(keycloak, checkout.stack)
        realm.let_make(surroundings.KEYCLOAK_CLIENT, OURS)
        checkout.change({"identity.realm.name": realm.name})
        checkout.init()
        for name, value in {"keycloak-administrator": OURS, "cloudflare-api-token": there.token}.items():
            checkout.pulumi("config", "set", "--secret", name, value)
        try:
            up(checkout)
            for name, groups in {"ann": ["users", "analysts"], "eve": []}.items():
                realm.add(name, GUEST_PASSWORD, groups)
            edge.lead(checkout.stack, there, *LED)
            for name in LED:
                kubectl("rollout", "status", f"--namespace={checkout.stack}", f"deployment/{name}", "--timeout=180s")
            yield Way(Account(there), realm)
        finally:
            checkout.remove()
            realm.unmake()


@pytest.fixture
def visitor(person: Seat, way: Way) -> Callable[[str], Person]:
    """Seats somebody on the internet, where the names of the zone lead to the edge."""
    return lambda name: person(URL, name, GUEST_PASSWORD, proxy=way.account.there.proxy)


def test_one_login_leads_through_the_edge_to_a_server_of_ones_groups(visitor: Callable[[str], Person]) -> None:
    ann = visitor("ann")
    ann.log_in()
    ann.start("large")
    ann.open_notebook()
    ann.run("print('through', 'the tunnel')")
    ann.sees_output("through the tunnel")


def test_one_click_ends_the_login_everywhere(visitor: Callable[[str], Person], way: Way) -> None:
    ann = visitor("ann")
    ann.log_in()
    held = {cookie.get("name", ""): cookie.get("value", "") for cookie in ann.page.context.cookies(URL)}
    assert came_in(way, held)
    assert way.realm.sessions("ann")
    ann.clicks_log_out()
    # Here the edge has the last word, after the hub and Keycloak.
    ann.page.wait_for_url("**/cdn-cgi/access/logout")
    assert way.realm.sessions("ann") == []
    assert not came_in(way, held)
    ann.page.goto(f"{URL}/hub/home")
    ann.is_asked()


def came_in(way: Way, cookies: dict[str, str]) -> bool:
    """Whether Access lets through who shows what a browser held."""
    answer = way.account.visitor().get(f"{URL}/hub/health", cookies=cookies, allow_redirects=False, timeout=SECONDS)
    return answer.status_code == 200


def test_whom_the_edge_knows_is_not_yet_one_of_the_users(visitor: Callable[[str], Person]) -> None:
    eve = visitor("eve")
    eve.page.goto(f"{URL}/hub/login")
    eve.identify()
    expect(eve.page.locator("body")).to_contain_text("You may not use this platform yet")
    assert eve.page.url.startswith(URL)
