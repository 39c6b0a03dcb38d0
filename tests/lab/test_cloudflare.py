"""The stand-in of Cloudflare's API refuses what the real one does, and what nobody who means well would say."""

import base64
from collections.abc import Generator
from typing import Any

import pytest
import requests

from tests.lab.cloudflare_account import HOST, Account, account

pytestmark = pytest.mark.lab

SECRET = base64.b64encode(bytes(32)).decode()
OIDC = {
    "client_id": "access",
    "client_secret": "secret",
    "auth_url": "https://login.example.org/auth",
    "token_url": "https://login.example.org/token",
    "certs_url": "https://login.example.org/certs",
}
PEOPLE = {"name": "people", "decision": "allow", "include": [{"email_domain": {"domain": "example.org"}}]}
RECORD = {"name": HOST, "type": "CNAME", "content": "x.cfargotunnel.com", "ttl": 1, "proxied": True}
CERTIFICATE = {
    "type": "advanced",
    "hosts": ["example.org", "*.example.org"],
    "validity_days": 90,
    "certificate_authority": "lets_encrypt",
    "validation_method": "txt",
}
APPLICATION = {"type": "self_hosted", "domain": HOST, "name": "hub"}
OFF = "switched-off"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def cloudflare() -> Generator[Account]:
    with account() as made:
        yield made


BODIES: list[tuple[str, dict[str, Any], int, str]] = [
    ("cfd_tunnel", {}, 1005, 'lacks the field "name"'),
    ("cfd_tunnel", {"name": "x", "secret": SECRET}, 1005, 'unknown field "secret"'),
    ("cfd_tunnel", {"name": "x", "tunnel_secret": "c2hvcnQ="}, 1005, "at least 32 bytes"),
    ("cfd_tunnel", {"name": "x", "config_src": "elsewhere"}, 1005, "one of local, cloudflare"),
    ("dns_records", {**RECORD, "ttl": 30}, 9021, "Invalid TTL"),
    ("dns_records", {**RECORD, "type": "MX"}, 1004, "one of A, AAAA, CNAME, TXT"),
    ("dns_records", {**RECORD, "type": "TXT"}, 9004, "cannot be proxied"),
    ("dns_records", {"name": HOST, "type": "CNAME", "content": "x"}, 1004, 'lacks the field "ttl"'),
    ("access/apps", {}, 12130, "app type is missing or invalid"),
    ("access/apps", {**APPLICATION, "domain": "hub.elsewhere.org"}, 12130, "domain does not belong to zone"),
    ("access/apps", {**APPLICATION, "domain": "hub.notexample.org"}, 12130, "domain does not belong to zone"),
    ("access/apps", {**APPLICATION, "policies": [{"id": NOBODY}]}, 12130, f"the policy {NOBODY} does not exist"),
    ("access/apps", {**APPLICATION, "allowed_idps": [NOBODY]}, 12130, f"{NOBODY} does not exist"),
    ("access/apps", {**APPLICATION, "auto_redirect_to_identity": True}, 12130, "exactly one identity provider"),
    ("access/apps", {**APPLICATION, "session_duration": "7d"}, 12130, "must be a duration"),
    ("access/apps", {**APPLICATION, "sesion_duration": "7h"}, 12130, 'unknown field "sesion_duration"'),
    ("access/policies", {**PEOPLE, "include": []}, 12130, "at least one rule"),
    ("access/policies", {**PEOPLE, "include": [{"email": {"address": "x"}}]}, 12130, 'unknown field "address"'),
    ("access/policies", {**PEOPLE, "include": [{"service_token": {"token_id": NOBODY}}]}, 12130, "does not exist"),
    ("access/policies", {**PEOPLE, "decision": "permit"}, 12130, "must be one of allow"),
    ("access/identity_providers", {"name": "x", "type": "oidc", "config": {}}, 12130, "config.client_id is missing"),
    ("access/identity_providers", {"name": "x", "type": "oidc", "config": {**OIDC, "auth_url": "x"}}, 12130, "address"),
    ("access/identity_providers", {"name": "x", "type": "onetimepin"}, 12130, 'lacks the field "config"'),
    ("access/service_tokens", {"name": "x", "duration": "a year"}, 12130, "must be a duration"),
    ("ssl/certificate_packs/order", {**CERTIFICATE, "hosts": ["*.example.org"]}, 1400, "zone apex"),
    ("ssl/certificate_packs/order", {**CERTIFICATE, "validation_method": "http"}, 1400, "by txt only"),
]


def test_what_no_object_may_say(cloudflare: Account) -> None:
    for path, body, code, said in BODIES:
        status, number, message = cloudflare.refused("POST", path, body)
        assert (status, number) == (400, code), (path, body, message)
        assert said in message, (path, body)
    assert not any(cloudflare.control("GET", "/objects").values())


def test_nothing_is_there_twice(cloudflare: Account) -> None:
    made = {
        "cfd_tunnel": cloudflare.made("cfd_tunnel", {"name": "one", "tunnel_secret": SECRET}),
        "dns_records": cloudflare.made("dns_records", RECORD),
        "access/apps": cloudflare.made("access/apps", APPLICATION),
    }
    pin: dict[str, Any] = {"name": "PIN", "type": "onetimepin", "config": {}}
    cloudflare.made("access/identity_providers", pin)
    assert cloudflare.refused("POST", "cfd_tunnel", {"name": "one"})[:2] == (409, 1013)
    assert cloudflare.refused("POST", "dns_records", RECORD)[:2] == (400, 81058)
    assert cloudflare.refused("POST", "dns_records", {**RECORD, "content": "y"})[:2] == (400, 81053)
    assert cloudflare.refused("POST", "dns_records", {**RECORD, "type": "A", "content": "192.0.2.1"})[:2] == (
        400,
        81054,
    )
    assert cloudflare.refused("POST", "access/apps", APPLICATION)[:2] == (409, 11010)
    assert cloudflare.refused("POST", "access/identity_providers", pin)[0] == 409
    for path, document in made.items():
        assert cloudflare.call("DELETE", f"{path}/{document['id']}").ok
    for path in ("dns_records", "access/apps"):
        assert cloudflare.refused("GET", f"{path}/{made[path]['id']}")[0] == 404
    # A tunnel stays to be seen when it is deleted, and its name is free.
    assert cloudflare.call("GET", f"cfd_tunnel/{made['cfd_tunnel']['id']}").json()["result"]["deleted_at"]
    assert cloudflare.call("GET", "cfd_tunnel?is_deleted=false").json()["result"] == []
    cloudflare.made("cfd_tunnel", {"name": "one"})


def test_what_others_need_stays(cloudflare: Account) -> None:
    login = cloudflare.made("access/identity_providers", {"name": "Keycloak", "type": "oidc", "config": OIDC})
    token = cloudflare.made("access/service_tokens", {"name": "probe"})
    policy = cloudflare.made("access/policies", {**PEOPLE, "include": [{"service_token": {"token_id": token["id"]}}]})
    app = cloudflare.application(HOST, policy, allowed_idps=[login["id"]])
    for path, document in (("policies", policy), ("identity_providers", login), ("service_tokens", token)):
        assert cloudflare.refused("DELETE", f"access/{path}/{document['id']}")[:2] == (400, 12130)
    twice = [{"id": policy["id"], "precedence": 1}] * 2
    said = cloudflare.refused("PUT", f"access/apps/{app['id']}", {**APPLICATION, "policies": twice})[2]
    assert "policy precedences must be unique" in said
    for path, document in (
        ("apps", app),
        ("policies", policy),
        ("service_tokens", token),
        ("identity_providers", login),
    ):
        assert cloudflare.call("DELETE", f"access/{path}/{document['id']}").ok


def test_a_secret_is_told_once(cloudflare: Account) -> None:
    token = cloudflare.made("access/service_tokens", {"name": "probe"})
    path = f"access/service_tokens/{token['id']}"
    assert "client_secret" not in cloudflare.call("GET", path).json()["result"]
    assert "client_secret" not in cloudflare.made(path, {"name": "renamed"}, "PUT")
    newer = cloudflare.made(path, {"name": "renamed", "client_secret_version": 2}, "PUT")
    rotated = cloudflare.made(f"{path}/rotate", {})
    assert len({token["client_secret"], newer["client_secret"], rotated["client_secret"]}) == 3
    login = cloudflare.made("access/identity_providers", {"name": "Keycloak", "type": "oidc", "config": OIDC})
    assert "client_secret" not in login["config"]
    # It cannot be read back, so a change without it leaves it as it is.
    kept = {name: value for name, value in OIDC.items() if name != "client_secret"}
    cloudflare.made(
        f"access/identity_providers/{login['id']}", {"name": "renamed", "type": "oidc", "config": kept}, "PUT"
    )


def test_the_last_rule_of_a_tunnel_matches_all(cloudflare: Account) -> None:
    tunnel = cloudflare.tunnel("one")["id"]
    path = f"cfd_tunnel/{tunnel}/configurations"
    only = {"config": {"ingress": [{"hostname": HOST, "service": "http://proxy"}]}}
    assert cloudflare.refused("PUT", path, only)[1:] == (
        1056,
        "Bad Configuration: The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)",
    )
    wrong = {"config": {"ingress": [{"service": "http://proxy", "originRequest": {"access": {"required": True}}}]}}
    assert 'lacks the field "audTag"' in cloudflare.refused("PUT", path, wrong)[2]
    assert cloudflare.refused("PUT", f"cfd_tunnel/{NOBODY}/configurations", only)[0] == 404


def test_a_token_reaches_as_far_as_its_permissions(cloudflare: Account) -> None:
    def may(*permissions: str) -> str:
        cloudflare.control("POST", "/tokens", {"secret": "narrow", "permissions": permissions})
        return "narrow"

    denied = (403, 10000, "Authentication error")
    # What is wrong with the body is told only to those who may make the object.
    assert cloudflare.refused("POST", "cfd_tunnel", {}, may("DNS Write")) == denied
    assert cloudflare.refused("POST", "cfd_tunnel", {}, may("Cloudflare Tunnel Read")) == denied
    assert cloudflare.refused("POST", "cfd_tunnel", {}, may("Cloudflare Tunnel Write"))[0] == 400
    assert cloudflare.call("GET", "cfd_tunnel", token=may("Cloudflare Tunnel Read")).ok
    assert cloudflare.call("GET", f"/zones/{cloudflare.there.zone}", token=may("Zone Read")).ok
    for path, group in (
        ("access/apps", "Access: Apps and Policies"),
        ("access/service_tokens", "Access: Service Tokens"),
    ):
        assert cloudflare.refused("POST", path, {}, may("Cloudflare Tunnel Write")) == denied
        assert cloudflare.refused("POST", path, {}, may(f"{group} Write"))[0] == 400
    cloudflare.control("POST", "/tokens", {"secret": OFF, "permissions": ["DNS Write"], "status": "disabled"})
    assert cloudflare.refused("POST", "dns_records", RECORD, OFF) == denied
    assert cloudflare.call("GET", "/user/tokens/verify", token=OFF).json()["result"]["status"] == "disabled"
    assert cloudflare.refused("GET", "/user/tokens/verify", token=NOBODY)[:2] == (401, 1000)
    assert cloudflare.refused("GET", "/accounts/" + "0" * 32 + "/cfd_tunnel")[:2] == (403, 10000)
    assert cloudflare.refused("GET", "/zones/" + "0" * 32)[:2] == (403, 9109)
    assert cloudflare.refused("GET", "/zones/example.org")[:2] == (404, 7003)


def test_faults_and_drift_on_demand(cloudflare: Account) -> None:
    zone = f"/zones/{cloudflare.there.zone}"
    cloudflare.control("POST", "/faults", {"status": 429, "times": 2, "after": 3, "path": "/zones/"})
    answers = [cloudflare.call("GET", zone) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "3"
    cloudflare.control("POST", "/faults", {"method": "GET"})
    with pytest.raises(requests.ConnectionError):
        cloudflare.call("GET", zone)
    record = cloudflare.made("dns_records", RECORD)
    cloudflare.control("PATCH", f"/objects/dns_records/{record['id']}", {"content": "elsewhere.example.org"})
    assert cloudflare.call("GET", f"dns_records/{record['id']}").json()["result"]["content"] == "elsewhere.example.org"
    cloudflare.control("DELETE", f"/objects/dns_records/{record['id']}")
    assert cloudflare.refused("GET", f"dns_records/{record['id']}")[:2] == (404, 81044)
    made = [call["status"] for call in cloudflare.control("GET", "/calls") if call["method"] == "POST"]
    assert made == [200]


def test_a_list_comes_in_pages(cloudflare: Account) -> None:
    for number in range(5):
        cloudflare.made("dns_records", {**RECORD, "name": f"n{number}"})
    answer = cloudflare.call("GET", "dns_records?per_page=2&page=3").json()
    assert [record["name"] for record in answer["result"]] == ["n4.example.org"]
    assert answer["result_info"] == {"page": 3, "per_page": 2, "count": 1, "total_count": 5, "total_pages": 3}
    assert len(cloudflare.call("GET", "dns_records?name=n1.example.org").json()["result"]) == 1
