"""What becomes of those who are logged in while Keycloak is away, or signs with another key."""

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import expect

from deploy.keycloak import RefusedError
from lab.problem import Problem
from settings.contract import SERVER
from settings.identity import KeycloakIdentity
from settings.load import read, stack_file
from tests.e2e.cluster import eventually, kubectl, objects
from tests.e2e.keycloak import Realm
from tests.e2e.person import Guest, Person, Seat

pytestmark = [pytest.mark.lab, pytest.mark.browser]
PLATFORM = "jupyterhub"
NO_SUCH: dict[str, object] = {"profile": "there is none"}
LONG_SECONDS = 600
SLACK_SECONDS = 30
START_SECONDS = 300
"""Java takes its time where others want the processor too."""
KEYS_SECONDS = 60
"""The hub asks for unknown keys twice a minute at most."""


@contextmanager
def without_keycloak(realm: Realm) -> Generator[None]:
    selector = ("--selector", f"app.kubernetes.io/component={SERVER}")
    scaled("0")
    try:
        eventually("Keycloak is gone", lambda: not objects("pod", PLATFORM, *selector), 60)
        yield
    finally:
        scaled("1")
        eventually("Keycloak is back", lambda: answers(realm), START_SECONDS)


def scaled(replicas: str) -> None:
    kubectl("scale", f"deployment/{SERVER}", f"--namespace={PLATFORM}", f"--replicas={replicas}")


def answers(realm: Realm) -> bool:
    """Where browsers find it."""
    with suppress(Problem, RefusedError):
        return realm.server.get(realm.path) is not None
    return False


def restart_the_hub() -> None:
    kubectl("delete", "pod", f"--namespace={PLATFORM}", "--selector=app.kubernetes.io/component=hub")
    kubectl("rollout", "status", "deployment/hub", f"--namespace={PLATFORM}", "--timeout=90s")


def at_work(person: Person) -> None:
    person.log_in()
    person.start(profile="small")
    person.open_notebook()


def goes_on(person: Person) -> None:
    moment = f"{time.time():.0f}"
    person.run(f"print('at', {moment!r})")
    person.sees_output(f"at {moment}")


def finds_nobody_to_ask(stranger: Person) -> None:
    assert stranger.status_of("/hub/login") == 503
    expect(stranger.page.get_by_role("heading", name="Nobody can log in now")).to_be_visible()


def test_another_signing_key_throws_nobody_out(
    person: Seat, guest: Guest, dev_hub: str, dev_password: str, dev_realm: Realm
) -> None:
    bob, stranger = person(dev_hub, "bob", dev_password), guest("dora", "users")
    bob.log_in()
    before = dev_realm.signing_key
    dev_realm.replace_signing_key()
    assert dev_realm.signing_key != before
    assert bob.asks_for(NO_SUCH).status == 400
    stranger.page.goto(f"{dev_hub}/hub/login")
    stranger.identify()
    stranger.page.wait_for_url(f"{dev_hub}/hub/**")
    eventually("a new login is believed", lambda: stranger.status_of("/hub/spawn") == 200, KEYS_SECONDS)
    assert bob.asks_for(NO_SUCH).status == 400


def test_an_outage_is_forgiven_to_those_who_are_in(
    person: Seat, guest: Guest, dev_hub: str, dev_password: str, dev_realm: Realm
) -> None:
    alice, bob = person(dev_hub, "alice", dev_password), person(dev_hub, "bob", dev_password)
    stranger = guest("dora", "users")
    at_work(alice)
    bob.log_in()
    bob.has_no_server()
    before = sessions(dev_realm)
    with without_keycloak(dev_realm):
        restart_the_hub()
        goes_on(alice)
        bob.start(profile="small")
        finds_nobody_to_ask(stranger)
    stranger.log_in()
    goes_on(alice)
    for each in (alice, bob):
        assert each.asks_for(NO_SUCH).status == 400
    assert sessions(dev_realm) == before


def sessions(realm: Realm) -> list[set[str]]:
    return [{session["id"] for session in realm.sessions(name)} for name in ("alice", "bob")]


@pytest.mark.soak
def test_a_long_outage_is_forgiven_until_the_grace_is_over(
    person: Seat, dev_hub: str, dev_password: str, dev_realm: Realm
) -> None:
    identity = read(stack_file("dev")).identity
    assert isinstance(identity, KeycloakIdentity)
    alice = person(dev_hub, "alice", dev_password)
    at_work(alice)
    assert alice.asks_for(NO_SUCH).status == 400
    confirmed = time.monotonic()
    alice.open_notebook()
    with without_keycloak(dev_realm):
        restart_the_hub()
        time.sleep(LONG_SECONDS)
        goes_on(alice)
        assert alice.asks_for(NO_SUCH).status == 400
        time.sleep(identity.grace + SLACK_SECONDS - (time.monotonic() - confirmed))
        assert alice.asks_for(NO_SUCH).status == 403
        finds_nobody_to_ask(alice)
    # Her login has outlived it too, so nobody asks her again.
    alice.page.goto(f"{dev_hub}/hub/login")
    alice.is_in()
    assert alice.asks_for(NO_SUCH).status == 400
