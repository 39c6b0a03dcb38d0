"""What Keycloak is asked for by those who would like more than a login at the hub: the real one, the realm as it is declared."""

from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from deploy.keycloak import Keycloak
from settings.contract import ADMIN_ROLE, EDGE_CLIENT, HUB_CLIENT, USER_ROLE, Contract
from tests.realm.agreed import LOGINS, SECRETS
from tests.realm.visitor import VERIFIER, Answer, Visitor, claims

pytestmark = [pytest.mark.lab]
PASSWORD = SECRETS["login-password"]
HUB = "http://127.0.0.1:8000"


@pytest.fixture
def issuer(keycloak: Keycloak, made: Contract) -> str:
    return f"{keycloak.url}/realms/{made.realm}"


@pytest.fixture
def visitor(issuer: str) -> Visitor:
    return Visitor(issuer)


def test_a_login_brings_who_somebody_is_and_no_more(visitor: Visitor, issuer: str) -> None:
    given = visitor.redeem(visitor.code("alice", PASSWORD)).json
    for token in (given["access_token"], given["id_token"]):
        said = claims(token)
        assert (said["iss"], said["aud"], said["azp"]) == (issuer, HUB_CLIENT, HUB_CLIENT)
        assert said["roles"] == [USER_ROLE]
        assert sorted(said["groups"]) == ["/analysts", "/users"]
        assert said["preferred_username"] == "alice"
        assert not {"realm_access", "resource_access", "allowed-origins"} & said.keys()
    assert given["expires_in"] <= 300
    assert sorted(given["scope"].split()) == ["email", "openid", "profile"]


def test_an_admin_bears_the_role_of_one(visitor: Visitor) -> None:
    given = visitor.redeem(visitor.code("admin", PASSWORD)).json
    assert claims(given["access_token"])["roles"] == [ADMIN_ROLE]


REDIRECTS = {
    "another path below": f"{LOGINS[0]}/x",
    "a trailing slash": f"{LOGINS[0]}/",
    "a prefix": f"{HUB}/hub/oauth_callbac",
    "a suffix": f"{LOGINS[0]}x",
    "up and down": f"{HUB}/hub/../hub/oauth_callback",
    "up, encoded": f"{HUB}/hub/%2e%2e/hub/oauth_callback",
    "up to elsewhere": f"{LOGINS[0]}/../../user/alice",
    "two slashes": f"{HUB}//hub/oauth_callback",
    "a backslash": f"{HUB}\\hub\\oauth_callback",
    "capitals": f"{HUB}/hub/OAuth_callback",
    "a query": f"{LOGINS[0]}?next=https://evil.example",
    "a fragment": f"{LOGINS[0]}#x",
    "another port": "http://127.0.0.1:8001/hub/oauth_callback",
    "no port": "http://127.0.0.1/hub/oauth_callback",
    "another scheme": "https://127.0.0.1:8000/hub/oauth_callback",
    "another name of this machine": "http://[::1]:8000/hub/oauth_callback",
    "a name like it": "http://127.0.0.1.evil.example:8000/hub/oauth_callback",
    "somebody else as user": "http://127.0.0.1:8000@evil.example/hub/oauth_callback",
    "a user": "http://alice@127.0.0.1:8000/hub/oauth_callback",
    "somebody else": "https://evil.example/hub/oauth_callback",
    "a star": f"{HUB}/*",
    "a script": "javascript:alert(1)",
    "no scheme": "//127.0.0.1:8000/hub/oauth_callback",
    "a path alone": "/hub/oauth_callback",
    "out of band": "urn:ietf:wg:oauth:2.0:oob",
    "a space": f" {LOGINS[0]}",
    "a line's end": f"{LOGINS[0]}\r\nSet-Cookie: a=b",
    "nothing": "",
    "left out": None,
}


@pytest.mark.parametrize("redirect", REDIRECTS.values(), ids=REDIRECTS.keys())
def test_nobody_is_sent_anywhere_else(visitor: Visitor, redirect: str | None) -> None:
    answer = visitor.authorize(redirect_uri=redirect)
    assert (answer.status, answer.location) == (400, "")
    assert "kc-form-login" not in answer.text


FLOWS: dict[str, dict[str, str | None]] = {
    "token in the address": {"response_type": "token"},
    "id token in the address": {"response_type": "id_token", "nonce": "n"},
    "both": {"response_type": "id_token token", "nonce": "n"},
    "code and token": {"response_type": "code token", "nonce": "n"},
    "no challenge": {"code_challenge": None, "code_challenge_method": None},
    "a challenge in the clear": {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
    "a challenge of no method": {"code_challenge_method": None},
    "a method nobody knows": {"code_challenge_method": "S512"},
    "an empty challenge": {"code_challenge": ""},
    "a login for ever": {"scope": "openid offline_access"},
    "all roles": {"scope": "openid roles"},
    "more of a person": {"scope": "openid address phone"},
    "a scope nobody knows": {"scope": "openid admin"},
    "a scope of somebody else's": {"scope": "openid microprofile-jwt"},
}


@pytest.mark.parametrize("asked", FLOWS.values(), ids=FLOWS.keys())
def test_no_other_login_is_begun(visitor: Visitor, asked: dict[str, str | None]) -> None:
    answer = visitor.authorize(**asked)
    assert "kc-form-login" not in answer.text
    assert answer.status == 400 or answer.location.startswith(LOGINS[0])
    assert "error" in answer.given or answer.status == 400
    assert not {"code", "access_token", "id_token"} & answer.given.keys()


GRANTS: dict[str, dict[str, str]] = {
    "a password": {"grant_type": "password", "username": "alice", "password": PASSWORD},
    "a password through Keycloak's own client": {
        **{"grant_type": "password", "username": "alice", "password": PASSWORD},
        **{"client_id": "admin-cli", "client_secret": ""},
    },
    "an admin's password through Keycloak's own client": {
        **{"grant_type": "password", "username": "admin", "password": PASSWORD},
        **{"client_id": "admin-cli", "client_secret": ""},
    },
    "the hub itself": {"grant_type": "client_credentials"},
    "the edge itself": {"grant_type": "client_credentials", "client_id": EDGE_CLIENT},
    "a device": {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"},
    "a call": {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": "x"},
    "a signed statement": {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"},
    "a ticket": {"grant_type": "urn:ietf:params:oauth:grant-type:uma-ticket", "audience": HUB_CLIENT},
}


@pytest.mark.parametrize("form", GRANTS.values(), ids=GRANTS.keys())
def test_no_other_grant_is_given(visitor: Visitor, form: dict[str, str]) -> None:
    refused(visitor.token(**form))


def test_a_password_is_not_even_tried(visitor: Visitor) -> None:
    """Whoever guesses learns nothing from it."""
    right = visitor.token(grant_type="password", username="alice", password=PASSWORD)
    wrong = visitor.token(grant_type="password", username="alice", password="wrong")  # noqa: S106 - it is meant to be
    assert right.json["error"] == "unauthorized_client"
    assert (right.status, right.text) == (wrong.status, wrong.text)


def test_a_token_is_not_exchanged(visitor: Visitor) -> None:
    token = visitor.redeem(visitor.code("alice", PASSWORD)).json["access_token"]
    exchange = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token}
    refused(visitor.token(**exchange, audience=EDGE_CLIENT))
    refused(visitor.token(**exchange, requested_subject="admin"))


def test_a_device_is_not_let_begin(visitor: Visitor) -> None:
    form = {"client_id": HUB_CLIENT, "client_secret": SECRETS["client-secret"]}
    answer = visitor.ask(f"{visitor.issuer}/protocol/openid-connect/auth/device", form)
    # A Keycloak of ours leaves the flow out of its image, and answers with nothing.
    assert answer.status != HTTPStatus.OK
    assert "device_code" not in answer.text


REDEEMED: dict[str, dict[str, str]] = {
    "a wrong secret": {"client_secret": "wrong"},
    "no secret": {"client_secret": ""},
    "another client": {"client_id": EDGE_CLIENT},
    "a public client": {"client_id": "account-console", "client_secret": ""},
    "a wrong verifier": {"code_verifier": f"{VERIFIER}x"},
    "an empty verifier": {"code_verifier": ""},
    "the other address": {"redirect_uri": LOGINS[1]},
}


@pytest.mark.parametrize("otherwise", REDEEMED.values(), ids=REDEEMED.keys())
def test_a_stolen_code_is_worth_nothing(visitor: Visitor, otherwise: dict[str, str]) -> None:
    refused(visitor.redeem(visitor.code("alice", PASSWORD), **otherwise))


def test_a_code_is_worth_something_once_and_seen_twice_nothing_at_all(visitor: Visitor) -> None:
    code = visitor.code("alice", PASSWORD)
    given = visitor.redeem(code).json
    refused(visitor.redeem(code))
    refused(visitor.token(grant_type="refresh_token", refresh_token=given["refresh_token"]))


def test_a_login_cannot_be_renewed_by_another_client(visitor: Visitor) -> None:
    given = visitor.redeem(visitor.code("alice", PASSWORD)).json
    renewed: dict[str, str] = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    refused(visitor.token(**renewed, client_id=EDGE_CLIENT))
    refused(visitor.token(**renewed, client_secret="wrong"))  # noqa: S106 - it is meant to be
    refused(visitor.token(**renewed, scope="openid offline_access"))


LEAVING = {
    "the form": f"{HUB}/hub/login",
    "a path below": f"{HUB}/hub/x",
    "no slash": f"{HUB}/hub",
    "another path": f"{HUB}/",
    "up and down": f"{HUB}/hub/../hub/",
    "a query": f"{HUB}/hub/?next=https://evil.example",
    "where a login ends": LOGINS[0],
    "another port": "http://127.0.0.1:8001/hub/",
    "another scheme": "https://127.0.0.1:8000/hub/",
    "somebody else": "https://evil.example/hub/",
    "somebody else as user": "http://127.0.0.1:8000@evil.example/hub/",
    "a star": f"{HUB}/hub/*",
}


@pytest.mark.parametrize("client", [HUB_CLIENT, EDGE_CLIENT])
@pytest.mark.parametrize("after", LEAVING.values(), ids=LEAVING.keys())
def test_nobody_is_sent_anywhere_else_after_logout(visitor: Visitor, after: str, client: str) -> None:
    answer = leave(visitor, client_id=client, post_logout_redirect_uri=after)
    assert (answer.status, answer.location) == (400, "")


def test_people_who_log_out_come_back_to_the_hub(visitor: Visitor) -> None:
    given = visitor.redeem(visitor.code("alice", PASSWORD)).json
    answer = leave(visitor, id_token_hint=given["id_token"], post_logout_redirect_uri=f"{HUB}/hub/")
    assert answer.location.startswith(f"{HUB}/hub/")
    refused(visitor.token(grant_type="refresh_token", refresh_token=given["refresh_token"]))


def test_who_guesses_has_to_wait(issuer: str, keycloak: Keycloak, made: Contract) -> None:
    for _ in range(11):
        assert Visitor(issuer).log_in("bob", "not bob's password").location == ""
    assert Visitor(issuer).log_in("bob", PASSWORD).location == ""
    keycloak.delete(f"realms/{made.realm}/attack-detection/brute-force/users")
    assert Visitor(issuer).code("bob", PASSWORD)


def test_nobody_registers_as_a_person_or_as_a_client(visitor: Visitor) -> None:
    assert "registration" not in visitor.authorize().text
    registration = f"{visitor.issuer}/protocol/openid-connect/registrations"
    assert visitor.ask(f"{registration}?{urlencode({'client_id': HUB_CLIENT, 'response_type': 'code'})}").status >= 400
    refused(
        visitor.ask(f"{visitor.issuer}/clients-registrations/openid-connect", {"redirect_uris": "https://evil.example"})
    )


def test_a_client_made_by_hand_gets_no_password_either(visitor: Visitor, keycloak: Keycloak, made: Contract) -> None:
    """The realm's own policy says so, whatever a client is told."""
    clients = f"realms/{made.realm}/clients"
    keycloak.post(clients, {"clientId": "by-hand", "publicClient": True, "directAccessGrantsEnabled": True})
    [client] = keycloak.get(clients, clientId="by-hand")
    assert client["directAccessGrantsEnabled"] is False


def refused(answer: Answer) -> None:
    assert 400 <= answer.status < 500, answer
    assert "token" not in answer.text or "error" in answer.json, answer
    assert not {"access_token", "id_token", "refresh_token"} & answer.json.keys()


def leave(visitor: Visitor, **asked: str) -> Answer:
    return visitor.ask(f"{visitor.issuer}/protocol/openid-connect/logout?{urlencode(asked)}")
