"""What Keycloak, the hub and the edge are told derives from one object, so that no two of them can disagree."""

from typing import Any, get_args

import pytest

from components.hub.config import hub_settings
from hub.login import claims, edge
from hub.settings import AccessLogin, KeycloakLogin
from settings import Settings
from settings.contract import ADMIN_ROLE, GROUPS_CLAIM, ROLES_CLAIM, USER_ROLE, Contract, contract
from settings.domain import Username
from settings.form import Form
from settings.load import parse, settings_of

IDS = dict.fromkeys(("account", "zone"), "0123456789abcdef" * 2)
TOKEN = {"kind": "declared", "name": "cloudflare-api-token"}
EXTERNAL = {
    "kind": "external",
    "url": "https://login.example.org",
    "administrator": {"client": "platform", "secret": {"kind": "declared", "name": "keycloak-admin"}},
}
OURS = {"kind": "in_cluster", "port": 8001, "size": "1Gi", "people": {"admin": ["admins"], "bob": ["testers"]}}
ACCESS = {"team": "example", "login": {"kind": "keycloak"}, "allow": {"groups": ["staff"]}, "session": "7d"}
TUNNEL = {"kind": "tunnel", "host": "hub.example.org", **IDS, "token": TOKEN}
INGRESS = {"kind": "ingress", "host": "hub.example.org", "controller": {"kind": "traefik"}, "public": False}
FORWARD = {"kind": "port_forward", "port": 8000}


def settings_with(server: Any, exposure: Any, **more: Any) -> Settings:
    tree: Any = settings_of("dev")
    tree["identity"] = {
        "kind": "keycloak",
        "server": server,
        "realm": {"kind": "made", "name": "lab"},
        "groups": {"users": ["users"], "admins": ["admins"]},
        "sessions": {"idle": "12h", "longest": "7d"},
        "grace": "30m",
    }
    return parse({**tree, "exposure": exposure, **more}, "Pulumi.test.yaml")


def agreed(server: Any, exposure: Any, **more: Any) -> Contract:
    found = contract(settings_with(server, exposure, **more))
    assert found
    return found


def test_our_own_keycloak_is_one_thing_to_browsers_and_another_to_pods() -> None:
    found = agreed(OURS, FORWARD)
    assert found.issuer == "http://127.0.0.1:8001/realms/lab"
    assert found.back_channel_issuer == "http://keycloak.jupyterhub:8080/realms/lab"


@pytest.mark.parametrize(
    ("exposure", "origins", "after_logout"),
    [
        (FORWARD, ["http://127.0.0.1:8000", "http://localhost:8000"], "/hub/"),
        (INGRESS, ["http://hub.example.org"], "/hub/"),
        ({**INGRESS, "tls": {"kind": "secret", "name": "hub-tls"}}, ["https://hub.example.org"], "/hub/"),
        (TUNNEL, ["https://hub.example.org"], "/hub/"),
        ({**TUNNEL, "access": ACCESS}, ["https://hub.example.org"], "/cdn-cgi/access/logout"),
    ],
)
def test_every_address_is_exact_and_the_hub_is_told_the_same(
    exposure: Any, origins: list[str], after_logout: str
) -> None:
    settings = settings_with(EXTERNAL, exposure)
    found = contract(settings)
    assert found
    assert list(found.redirect_uris) == [f"{origin}/hub/oauth_callback" for origin in origins]
    assert list(found.post_logout_uris) == [f"{origin}{after_logout}" for origin in origins]
    assert found.initiate_login_uri == f"{origins[0]}/hub/oauth_login"
    told = hub_settings(settings, dict.fromkeys(settings.images, "any")).login
    assert isinstance(told, KeycloakLogin)
    assert told.callback_urls == found.redirect_uris
    assert told.logged_out_urls == found.post_logout_uris
    assert (told.issuer, told.back_channel, told.client_id) == (found.issuer, found.back_channel_issuer, "jupyterhub")


def test_every_group_that_the_stack_file_names_is_known() -> None:
    more = {"hub": {**_hub(), "roles": [{"name": "desk", "scopes": ["list:users"], "groups": ["helpdesk"]}]}}
    found = agreed(OURS, FORWARD, **more)
    assert found.groups == ("admins", "helpdesk", "testers", "users")
    assert found.roles == {"user": ("users",), "admin": ("admins",)}


def test_the_edge_asks_the_same_realm_under_a_name_of_its_own() -> None:
    found = agreed(EXTERNAL, {**TUNNEL, "access": ACCESS})
    assert found.edge
    assert found.edge.client_id != found.client_id
    assert found.edge.redirect_uri == "https://example.cloudflareaccess.com/cdn-cgi/access/callback"
    assert "staff" in found.groups


def test_an_edge_that_asks_somebody_else_is_no_client_of_the_realm() -> None:
    access = {**ACCESS, "login": {"kind": "one_time_pin"}, "allow": {"domains": ["example.org"]}}
    settings = settings_with(EXTERNAL, {**TUNNEL, "access": access})
    found = contract(settings)
    assert found
    assert found.edge is None
    told = hub_settings(settings, dict.fromkeys(settings.images, "any")).login
    assert isinstance(told, KeycloakLogin)
    assert told.edge
    assert not told.edge_logs_in_here


def test_where_no_keycloak_says_who_somebody_is_there_is_nothing_to_agree_on() -> None:
    tree: Any = settings_of("e2e")
    access = {**ACCESS, "login": {"kind": "one_time_pin"}, "allow": {"domains": ["example.org"]}}
    identity = {"kind": "cloudflare_access", "domain": "example.org", "admins": ["ann"], "groups": {"staff": ["bob"]}}
    settings = parse({**tree, "identity": identity, "exposure": {**TUNNEL, "access": access}}, "Pulumi.test.yaml")
    assert contract(settings) is None
    told = hub_settings(settings, dict.fromkeys(settings.images, "any")).login
    assert isinstance(told, AccessLogin)
    assert told.edge.issuer == "https://example.cloudflareaccess.com"
    assert told.groups == {"staff": ("bob",)}


def test_what_the_hub_looks_for_is_what_the_realm_is_told_to_say() -> None:
    """The hub's image holds nothing of ours but itself, so these words stand in both."""
    assert (claims.USER_ROLE, claims.ADMIN_ROLE) == (USER_ROLE, ADMIN_ROLE)
    said = {"sub": "1", "preferred_username": "ann", GROUPS_CLAIM: ["/staff"], ROLES_CLAIM: [ADMIN_ROLE]}
    person = claims.known(said)
    assert (person.groups, person.admin) == (("staff",), True)
    assert agreed(EXTERNAL, {**TUNNEL, "access": ACCESS}).after_logout == edge.LOGOUT
    [form] = [part for part in get_args(Username) if isinstance(part, Form)]
    assert form.pattern == claims.USERNAME.pattern


def _hub() -> Any:
    tree: Any = settings_of("dev")
    return tree["hub"]
