"""People at browsers, in front of stacks that `make up` has brought up."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from lab.paths import CACHE
from settings import Settings
from settings.exposure import PortForward
from settings.load import ROOT, read, stack_file
from tests.e2e.cluster import kubectl, secret
from tests.e2e.keycloak import Realm, embedded
from tests.e2e.person import Guest, Person, Seat
from tests.lab.hub_session import HubSession

GUEST_PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who are there for one test
SCREENSHOTS = CACHE / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (tools/browser installs it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def person(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Seat]:
    """Seats a person at a browser of their own; what they saw last is kept as a picture."""
    seated: list[tuple[str, BrowserContext]] = []

    def seat(hub: str, name: str, password: str, *, proxy: str | None = None) -> Person:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800},
            ignore_https_errors=True,
            proxy={"server": proxy} if proxy else None,
        )
        seated.append((name, context))
        context.set_default_timeout(30_000)
        return Person(context.new_page(), hub, name, password)

    yield seat
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for seat_number, (name, context) in enumerate(seated, 1):
        for page in context.pages:
            page.screenshot(path=str(SCREENSHOTS / f"{request.node.name}-{seat_number}-{name}.png"))
        context.close()


def running(settings: Settings) -> str:
    """Where the hub of a stack is, which must be up."""
    assert isinstance(settings.exposure, PortForward)
    hub = f"http://127.0.0.1:{settings.exposure.port}"
    try:
        urllib.request.urlopen(f"{hub}/hub/health", timeout=5).close()
    except OSError as error:
        pytest.fail(f"no hub answers at {hub} ({error}); run make up first")
    return hub


@pytest.fixture(scope="session")
def dev_hub() -> str:
    return running(read(stack_file("dev")))


class Password(str):
    """Keeps a failing test from printing it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Password(...)"


@pytest.fixture(scope="session")
def dev_password() -> Password:
    return Password(secret("jupyterhub", "login-password", "login-password"))


@pytest.fixture(scope="session")
def dev_realm(dev_hub: str) -> Realm:
    return embedded(read(stack_file("dev")))


@pytest.fixture(scope="session")
def administrator(dev_hub: str, dev_password: Password) -> HubSession:
    return HubSession(dev_hub, "admin", dev_password)


@pytest.fixture
def guest(person: Seat, dev_hub: str, dev_realm: Realm, administrator: HubSession) -> Iterator[Guest]:
    """Seats somebody who has an account, in such groups, for as long as a test takes."""
    names: list[str] = []

    def arrive(name: str, *groups: str) -> Person:
        dev_realm.remove(name)  # what a run left that was cut off
        dev_realm.add(name, GUEST_PASSWORD, groups)
        names.append(name)
        return person(dev_hub, name, GUEST_PASSWORD)

    yield arrive
    for name in names:
        dev_realm.remove(name)
        administrator.api("DELETE", f"/users/{name}")


@pytest.fixture(scope="session")
def postgres_hub() -> tuple[str, str]:
    """The other stack of the lab: a Postgres of its own, and a password that somebody else keeps."""
    password = "a password kept elsewhere"  # noqa: S105 - of a stack that lives for one test run
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "e2e"}}
    site_secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "site-secrets", "namespace": "e2e"},
        "stringData": {"JUPYTERHUB_AUTH_PASSWORD": password},
    }
    for given in (namespace, site_secret):
        kubectl("apply", "--server-side", "--filename", "-", given=json.dumps(given))
    subprocess.run(["make", "up", "STACK=e2e"], cwd=ROOT, check=True, env=os.environ | {"CI": "true"}, timeout=600)
    return running(read(stack_file("e2e"))), password
