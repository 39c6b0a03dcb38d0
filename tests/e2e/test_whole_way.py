"""The whole way in, made by the real engine: the edge, Access that asks a Keycloak, and a hub that asks the same one."""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import pytest
import requests
from playwright.sync_api import Browser, expect

from components.naming import CLOUDFLARED, HUB
from lab import edge
from lab.cloudflare import Cloudflare
from tests.e2e import surroundings
from tests.e2e.cluster import kubectl
from tests.e2e.keycloak import Realm
from tests.e2e.person import Person
from tests.engine.checkout import Checkout, up
from tests.engine.conftest import lacking

pytestmark = [pytest.mark.engine, pytest.mark.lab, pytest.mark.browser]
HOST = "jupyter.example.org"
URL = f"https://{HOST}"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who are there for one test run
TIMEOUT = "--timeout=180s"


@dataclass(frozen=True)
class Way:
    there: Cloudflare
    realm: Realm
    namespace: str


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Generator[Way]:
    if reason := lacking("keycloak", "cloudflare"):
        pytest.skip(reason)
    given = {"keycloak-administrator": PASSWORD}
    keycloak = surroundings.keycloak()
    with edge.serving("example.org", "example") as there, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUDFLARE_BASE_URL", there.api)
        ids = {"exposure.account": there.account, "exposure.zone": there.zone}
        checkout = Checkout(tmp_path_factory.mktemp("stack"), "whole-way", **ids)
        realm = Realm(keycloak, checkout.stack)
        realm.let_make("jupyterhub-platform", PASSWORD)
        checkout.change({"identity.realm.name": realm.name})
        checkout.init()
        for name, value in {**given, "cloudflare-api-token": there.token}.items():
            checkout.pulumi("config", "set", "--secret", name, value)
        try:
            up(checkout)
            for name, groups in {"ann": ["users", "analysts"], "eve": []}.items():
                realm.add(name, PASSWORD, groups)
            lead(checkout.stack, there)
            yield Way(there, realm, checkout.stack)
        finally:
            checkout.remove()
            realm.unmake()


def lead(namespace: str, there: Cloudflare) -> None:
    """Whom the stack's pods would find on the internet, they find here."""
    authority = edge.authority(there)
    authority["metadata"]["namespace"] = namespace
    surroundings.apply(authority)
    for name in (CLOUDFLARED, HUB):
        place = (f"--namespace={namespace}", f"deployment/{name}")
        kubectl("patch", *place, f"--patch={json.dumps(edge.led(there, name))}")
    for name in (CLOUDFLARED, HUB):
        kubectl("rollout", "status", f"--namespace={namespace}", f"deployment/{name}", TIMEOUT)


@pytest.fixture
def ann(browser: Browser, way: Way) -> Iterator[Person]:
    yield from seated(browser, way, "ann")


@pytest.fixture
def eve(browser: Browser, way: Way) -> Iterator[Person]:
    yield from seated(browser, way, "eve")


def seated(browser: Browser, way: Way, name: str) -> Iterator[Person]:
    """Somebody on the internet, where the names of the zone lead to the edge."""
    context = browser.new_context(proxy={"server": way.there.proxy}, ignore_https_errors=True)
    context.set_default_timeout(30_000)
    yield Person(context.new_page(), URL, name, PASSWORD)
    context.close()


def test_one_login_leads_through_the_edge_to_a_server_of_ones_groups(ann: Person) -> None:
    ann.log_in()
    ann.start("large")
    ann.open_notebook()
    ann.run("print('through', 'the tunnel')")
    ann.sees_output("through the tunnel")


def test_one_click_ends_the_login_everywhere(ann: Person, way: Way) -> None:
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
    answer = requests.get(
        f"{URL}/hub/health",
        cookies=cookies,
        proxies={"https": way.there.proxy},
        verify=str(way.there.authority),
        allow_redirects=False,
        timeout=20,
    )
    return answer.status_code == 200


def test_whom_the_edge_knows_is_not_yet_one_of_the_users(eve: Person) -> None:
    eve.page.goto(f"{URL}/hub/login")
    eve.identify()
    expect(eve.page.locator("body")).to_contain_text("You may not use this platform yet")
    assert eve.page.url.startswith(URL)
