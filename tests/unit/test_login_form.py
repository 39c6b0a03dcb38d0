"""Which form of a page asks who somebody is."""

import pytest

from bench.login_form import login_form

AT = "http://127.0.0.1:8001/realms/jupyterhub/protocol/openid-connect/auth?client_id=jupyterhub"
OURS = """
<form action="/hub/login?next=%2Fhub%2Fhome" method="post"><input type="hidden" name="_xsrf" value="2|a" />
<input type="text" name="username" value=""><input type="password" name="password" /></form>"""
KEYCLOAK = """
<form id="language"><input type="hidden" name="ui_locales" value="de"></form>
<form id="kc-form-login" action="http://127.0.0.1:8001/realms/x/login-actions/authenticate?code=a&amp;tab_id=b" method="post">
<input name="username" type="text"><span><input name="password" type="password"></span>
<input type="hidden" name="credentialId"></form>
<form action="/other"><input type="hidden" name="never" value="sent"></form>"""
KEYCLOAK_ADDRESS = "http://127.0.0.1:8001/realms/x/login-actions/authenticate?code=a&tab_id=b"


@pytest.mark.parametrize(
    ("page", "at", "address", "fields"),
    [
        (OURS, "http://127.0.0.1:8000/hub/login", "http://127.0.0.1:8000/hub/login?next=%2Fhub%2Fhome", {"_xsrf": "2|a"}),
        (KEYCLOAK, AT, KEYCLOAK_ADDRESS, {"credentialId": ""}),
        ('<form><input type="password"></form>', AT, AT, {}),
    ],
    ids=["the hub's own", "Keycloak's", "without an address"],
)  # fmt: skip
def test_the_form_with_a_password_is_the_one(page: str, at: str, address: str, fields: dict[str, str]) -> None:
    form = login_form(page, at)
    assert form
    assert form.address == address
    assert form.fields == fields
    assert form.filled("ada", "x") == {**fields, "username": "ada", "password": "x"}


@pytest.mark.parametrize("page", ["", "<p>Forbidden</p>", "<form><input name=profile></form>", "<input type=password>"])
def test_whoever_is_not_asked_has_no_form(page: str) -> None:
    assert login_form(page, AT) is None
