"""People who would like to be taken for somebody else, with a real Keycloak that lets them."""

import pytest
from playwright.sync_api import expect

from deploy.keycloak import RefusedError
from tests.e2e.keycloak import Realm
from tests.e2e.person import Guest
from tests.lab.hub_session import HubSession

pytestmark = [pytest.mark.lab, pytest.mark.browser]
CYRILLIC = "\N{CYRILLIC SMALL LETTER A}lice"
FULL_WIDTH = "\N{FULLWIDTH LATIN SMALL LETTER A}lice"
LOOK_ALIKE = [CYRILLIC, FULL_WIDTH, "alice."]
BLANK = "alice "


@pytest.mark.parametrize("name", [*LOOK_ALIKE, BLANK], ids=ascii)
def test_our_keycloak_makes_nobody_who_looks_like_somebody_else(dev_realm: Realm, dev_password: str, name: str) -> None:
    with pytest.raises(RefusedError):
        dev_realm.add(name, dev_password, ["users"])


@pytest.mark.parametrize("name", ["Alice", "ALICE"])
def test_what_keycloak_itself_takes_for_the_same_name_is_one_account(
    dev_realm: Realm, dev_password: str, name: str
) -> None:
    with dev_realm.any_names(), pytest.raises(RefusedError, match="User exists with same username"):
        dev_realm.add(name, dev_password, ["users"])


def test_look_alikes_are_refused_with_the_reason_and_mapped_onto_nobody(
    guest: Guest, dev_realm: Realm, administrator: HubSession
) -> None:
    before = people(administrator)
    with dev_realm.any_names():
        for name in LOOK_ALIKE:
            mallory = guest(name, "users", "admins")
            mallory.page.goto(mallory.hub)
            mallory.identify()
            expect(mallory.page.get_by_role("heading", name="Your user name cannot be used here")).to_be_visible()
            expect(mallory.page.locator("body")).to_contain_text(ascii(name))
            # With what the refusal left in the browser, nothing opens.
            assert mallory.status_of("/hub/home") == 403
        mallory = guest(BLANK, "users", "admins")
        mallory.page.goto(mallory.hub)
        mallory.identify()
        # Keycloak's page takes the blank away, and the password is not alice's.
        expect(mallory.page.get_by_text("Invalid username or password")).to_be_visible()
    assert people(administrator) == before


def people(administrator: HubSession) -> list[tuple[str, bool]]:
    return sorted((each["name"], each["admin"]) for each in administrator.api("GET", "/users").json())


def test_another_account_of_the_same_name_waits_until_an_administrator_gives_the_name_away(
    guest: Guest, dev_realm: Realm, dev_password: str, administrator: HubSession
) -> None:
    guest("erin", "users").log_in()
    dev_realm.remove("erin")
    another = guest("erin", "users")
    another.page.goto(another.hub)
    another.identify()
    expect(another.page.get_by_role("heading", name="Your user name belongs to somebody else")).to_be_visible()
    assert another.status_of("/hub/home") == 403

    assert administrator.api("DELETE", "/users/erin").status_code == 204
    another.page.get_by_role("link", name="Log in again").click()
    another.is_in()
