"""A realm brought without an engine, to a real Keycloak: made once, left alone, set right, and refused with a reason."""

from collections.abc import Generator
from secrets import token_hex

import pytest

from components.identity.realm_document import realm_document
from deploy import realm, realm_rights
from deploy.keycloak import Keycloak
from lab.problem import Problem
from settings.contract import HUB_CLIENT, Contract
from tests.realm.agreed import PEOPLE, SECRETS, agreed
from tests.realm.drift import DRIFTS, Change, Drift
from tests.realm.visitor import Visitor

pytestmark = [pytest.mark.lab]


def apply(keycloak: Keycloak, contract: Contract) -> list[str]:
    people = PEOPLE if contract.realm_is_ours else {}
    return realm.apply(keycloak, contract, realm_document(contract, people, SECRETS))


def test_a_second_time_changes_nothing(keycloak: Keycloak, made: Contract) -> None:
    assert apply(keycloak, made) == []


@pytest.mark.parametrize(("change", "named"), DRIFTS.values(), ids=DRIFTS.keys())
def test_what_a_hand_has_changed_is_set_right(keycloak: Keycloak, made: Contract, change: Change, named: str) -> None:
    change(Drift(keycloak, made))
    done = apply(keycloak, made)
    assert any(named in line for line in done), done
    assert apply(keycloak, made) == []


def test_people_are_left_alone(keycloak: Keycloak, made: Contract) -> None:
    users = f"realms/{made.realm}/users"
    [alice] = keycloak.get(users, username="alice", exact="true")
    chosen = "What-she-chose-22"
    own = {"type": "password", "value": chosen, "temporary": False}
    keycloak.put(f"{users}/{alice['id']}", {**alice, "firstName": "Alice", "credentials": [own]})
    [left] = [each for each in keycloak.get(f"{users}/{alice['id']}/groups") if each["name"] == "users"]
    keycloak.delete(f"{users}/{alice['id']}/groups/{left['id']}")
    assert apply(keycloak, made) == []
    [now] = keycloak.get(users, username="alice", exact="true")
    assert now["firstName"] == "Alice"
    assert "users" not in [each["name"] for each in keycloak.get(f"{users}/{alice['id']}/groups")]
    assert Visitor(f"{keycloak.url}/realms/{made.realm}").code("alice", chosen)


# --- somebody else's realm ---


@pytest.fixture
def theirs(keycloak: Keycloak) -> Generator[Contract]:
    contract = agreed(f"theirs-{token_hex(3)}", ours=False)
    groups = [{"name": group} for group in contract.groups]
    keycloak.post("realms", {"realm": contract.realm, "enabled": True, "groups": groups, "accessTokenLifespan": 777})
    yield contract
    keycloak.delete(f"realms/{contract.realm}")


def limited(keycloak: Keycloak, contract: Contract, *rights: str) -> Keycloak:
    """A client of the realm that may do this much in it."""
    realm = f"realms/{contract.realm}"
    name, secret = f"limited-{token_hex(3)}", token_hex()
    asked = {"clientId": name, "secret": secret, "serviceAccountsEnabled": True, "standardFlowEnabled": False}
    keycloak.post(f"{realm}/clients", {**asked, "publicClient": False})
    [client] = keycloak.get(f"{realm}/clients", clientId=name)
    [management] = keycloak.get(f"{realm}/clients", clientId="realm-management")
    account = keycloak.get(f"{realm}/clients/{client['id']}/service-account-user")
    roles = [keycloak.get(f"{realm}/clients/{management['id']}/roles/{right}") for right in rights]
    keycloak.post(f"{realm}/users/{account['id']}/role-mappings/clients/{management['id']}", roles)
    return Keycloak(keycloak.url, contract.realm, name, secret)


ENOUGH = ("view-realm", "manage-clients", "manage-users")


def test_of_somebody_elses_realm_only_the_client_is_ours(keycloak: Keycloak, theirs: Contract) -> None:
    path = f"realms/{theirs.realm}"
    before = keycloak.get(path)
    able = limited(keycloak, theirs, *ENOUGH)
    realm_rights.require(able, theirs)
    assert f"client {HUB_CLIENT} made" in apply(able, theirs)
    assert apply(able, theirs) == []
    realm_rights.require(able, theirs)
    assert keycloak.get(path) == before


@pytest.mark.parametrize("lacking", ENOUGH[1:])
def test_a_right_that_is_lacking_is_named_before_anything_is_changed(
    keycloak: Keycloak, theirs: Contract, lacking: str
) -> None:
    rights = (*(right for right in ENOUGH if right != lacking), "view-clients")
    with pytest.raises(Problem, match=f"needs {lacking} in realm '{theirs.realm}'"):
        realm_rights.require(limited(keycloak, theirs, *rights), theirs)
    assert keycloak.get(f"realms/{theirs.realm}/clients", clientId=HUB_CLIENT) == []


def test_to_make_a_realm_is_a_right_of_its_own(keycloak: Keycloak, theirs: Contract) -> None:
    with pytest.raises(Problem, match="needs create-realm in realm 'another'"):
        realm_rights.require(limited(keycloak, theirs, *ENOUGH), agreed("another"))


def test_a_group_that_is_not_there_is_named_with_its_key(keycloak: Keycloak, theirs: Contract) -> None:
    [admins] = [group for group in keycloak.get(f"realms/{theirs.realm}/groups") if group["name"] == "admins"]
    keycloak.delete(f"realms/{theirs.realm}/groups/{admins['id']}")
    with pytest.raises(Problem, match=r"(?s)no such group.*identity.groups.admins: 'admins'$"):
        realm_rights.require(keycloak, theirs)


def test_a_client_of_somebody_else_is_not_taken_over(keycloak: Keycloak, theirs: Contract) -> None:
    keycloak.post(f"realms/{theirs.realm}/clients", {"clientId": HUB_CLIENT})
    with pytest.raises(Problem, match="has a client 'jupyterhub' that no stack file has made"):
        realm_rights.require(keycloak, theirs)


def test_a_realm_that_is_not_there_is_named(keycloak: Keycloak) -> None:
    with pytest.raises(Problem, match=r"identity\.realm\.name: the Keycloak at .* has no realm 'nowhere'$"):
        realm_rights.require(keycloak, agreed("nowhere", ours=False))


def test_a_wrong_secret_is_one_sentence(keycloak: Keycloak) -> None:
    wrong = Keycloak(keycloak.url, keycloak.realm, keycloak.client, "wrong")
    with pytest.raises(Problem, match="does not accept the client 'platform' of its realm 'master'"):
        realm_rights.require(wrong, agreed("nowhere"))


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    nobody = Keycloak("http://127.0.0.1:9", "master", "platform", "of no matter")
    with pytest.raises(
        Problem, match=r"^identity\.server: the Keycloak at http://127\.0\.0\.1:9 does not answer: .*refused"
    ):
        realm_rights.require(nobody, agreed("nowhere"))
