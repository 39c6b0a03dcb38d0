"""What is said before anything is made, asked of the stand-in of Cloudflare's API: it authorises before it looks at what is said."""

from collections.abc import Generator

import pytest

from components.exposure.cloudflare_api import asking
from components.exposure.edge_check import complaints, writes
from components.exposure.edge_names import comment, title
from settings.exposure import Tunnel
from tests.lab.cloudflare_account import HOST, Account, account

pytestmark = pytest.mark.lab
GROUPS = {
    "Account / Cloudflare Tunnel / Edit": "Cloudflare Tunnel Write",
    "Zone / DNS / Edit": "DNS Write",
    "Zone / SSL and Certificates / Edit": "SSL and Certificates Write",
    "Account / Access: Apps and Policies / Edit": "Access: Apps and Policies Write",
    "Account / Access: Organizations, Identity Providers, and Groups / Edit": (
        "Access: Organizations, Identity Providers, and Groups Write"
    ),
    "Account / Access: Service Tokens / Edit": "Access: Service Tokens Write",
    "Zone / Zone / Read": "Zone Read",
}
"""What the dashboard calls each permission, and what the API does."""


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Generator[Account]:
    with account() as made:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", made.there.api)
        yield made


def exposure(there: Account) -> Tunnel:
    allow = {"domains": ["example.org"], "service_tokens": ["automation"]}
    access = {"team": "example", "login": {"kind": "one_time_pin"}, "allow": allow, "session": "7d"}
    return Tunnel.model_validate(
        {
            "kind": "tunnel",
            "host": HOST,
            "account": there.there.account,
            "zone": there.there.zone,
            "token": {"kind": "declared", "name": "cloudflare-api-token"},
            "access": access,
            "subdomains": {"apex": "example.org"},
        }
    )


def said(there: Account, token: str | None = None) -> dict[str, str]:
    asked = complaints(exposure(there), "prod", asking(token or there.token))
    return {problem.key: problem.complaint for problem in asked}


def test_every_permission_is_found_missing_by_itself_and_nothing_is_made(there: Account) -> None:
    before = there.control("GET", "/objects")
    assert said(there) == {}
    needed = [write.permission for write in writes(exposure(there))]
    assert {*needed, "Zone / Zone / Read"} == GROUPS.keys()
    for missing in GROUPS:
        granted = [group for permission, group in GROUPS.items() if permission != missing]
        there.control("POST", "/tokens", {"secret": "narrow", "permissions": granted})
        assert f"it lacks {missing};" in said(there, "narrow")["exposure.token"]
    assert there.control("GET", "/objects") == before


def test_a_token_that_nobody_knows_or_that_has_ended_is_named(there: Account) -> None:
    assert said(there, "guessed")["exposure.token"].startswith("is none")
    there.control("POST", "/tokens", {"secret": "old", "permissions": list(GROUPS.values()), "status": "expired"})
    assert said(there, "old")["exposure.token"].startswith("is expired")


def test_what_is_in_the_way_is_named_and_what_is_ours_is_not(there: Account) -> None:
    record = {"name": HOST, "type": "A", "content": "192.0.2.1", "proxied": True, "ttl": 1}
    made = there.made("dns_records", record)
    there.application(HOST)
    assert said(there).keys() == {"exposure.host", "exposure.access"}
    there.control("PATCH", f"/objects/dns_records/{made['id']}", {"comment": comment("prod")})
    [application] = there.control("GET", "/objects")["applications"]
    there.control("PATCH", f"/objects/applications/{application['id']}", {"name": title(HOST)})
    assert said(there) == {}


@pytest.mark.parametrize("fault", [{"status": 429, "times": 2}, {"status": 503, "times": 2}])
def test_an_api_that_is_busy_is_asked_again(there: Account, fault: dict[str, int]) -> None:
    there.control("POST", "/faults", fault)
    assert said(there) == {}
