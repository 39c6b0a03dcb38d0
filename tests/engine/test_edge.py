"""The way in through Cloudflare by the real engine and provider, at a strict stand-in of the API: made, mended, replaced, gone."""

import base64
import json
from collections.abc import Generator
from typing import Any

import pytest

from components.exposure.edge_names import title
from components.exposure.tunnel import TUNNEL_TOKEN
from tests.engine.checkout import Changes, Checkout, preview, resources, up
from tests.engine.cluster import secret_values
from tests.engine.conftest import Make, require
from tests.lab.cloudflare_account import HOST, Account, account

pytestmark = [pytest.mark.engine]

MADE = {
    "access-application": "applications",
    "access-login": "identity_providers",
    "access-policy-people": "policies",
    "access-policy-programs": "policies",
    "access-token-automation": "service_tokens",
    "tunnel": "tunnels",
    "tunnel-dns": "dns_records",
    "tunnel-routes": "configurations",
}
"""What the program calls each, and what the account does."""


@pytest.fixture(scope="module")
def there() -> Generator[Account]:
    require("cloudflare")
    with account() as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUDFLARE_BASE_URL", made.there.api)
        yield made


@pytest.fixture(scope="module")
def stack(make: Make, there: Account) -> Checkout:
    ids = {"exposure.account": there.there.account, "exposure.zone": there.there.zone}
    checkout = make("edge", **ids)
    checkout.init()
    given(checkout, there.token)
    return checkout


@pytest.fixture(scope="module")
def running(stack: Checkout) -> Checkout:
    up(stack)
    return stack


def given(checkout: Checkout, token: str) -> None:
    checkout.pulumi("config", "set", "--secret", "cloudflare-api-token", token)


def objects(there: Account) -> dict[str, list[dict[str, Any]]]:
    """What there is of each kind. A tunnel that was deleted is only marked as such."""
    known = {
        kind: [each for each in found if not each.get("deleted_at")]
        for kind, found in there.control("GET", "/objects").items()
    }
    return {kind: found for kind, found in known.items() if found}


def test_a_token_without_a_permission_is_refused_before_anything_is_made(stack: Checkout, there: Account) -> None:
    there.control("POST", "/tokens", {"secret": "narrow", "permissions": ["DNS Write", "Zone Read"]})
    given(stack, "narrow")
    done = stack.pulumi("up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "Account / Cloudflare Tunnel / Edit" in done.stdout + done.stderr
    given(stack, there.token)
    assert objects(there) == {}
    assert resources(stack) == []


def test_a_preview_names_every_part_and_makes_none(stack: Checkout, there: Account) -> None:
    shown = preview(stack)
    assert {name: step for name, step in shown.steps.items() if name in MADE} == dict.fromkeys(MADE, "create")
    assert objects(there) == {}


def test_a_preview_without_an_answer_says_so_and_goes_on(
    stack: Checkout, there: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1/client/v4")
    done = stack.pulumi("preview")
    assert "nobody knows whether the Cloudflare token may do this" in done.stdout + done.stderr
    refused = stack.pulumi("up", "--yes", "--skip-preview", check=False)
    assert "nothing was changed" in refused.stdout + refused.stderr


def test_everything_is_there_and_each_knows_the_others(running: Checkout, there: Account) -> None:
    found = objects(there)
    assert {kind: len(each) for kind, each in found.items()} == {
        kind: list(MADE.values()).count(kind) for kind in MADE.values()
    }
    [tunnel], [record], [application] = found["tunnels"], found["dns_records"], found["applications"]
    assert tunnel["name"] == application["name"] == title(HOST)
    assert record["content"] == f"{tunnel['id']}.cfargotunnel.com"
    [routes] = found["configurations"]
    [rule, rest] = routes["config"]["ingress"]
    assert rule["originRequest"]["access"]["audTag"] == [application["aud"]]
    assert rest == {"service": "http_status:404"}
    assert said_by(given_to_the_pods(running)) == said_by(there.tunnel_token(tunnel["id"]))


def given_to_the_pods(running: Checkout) -> str:
    return secret_values(running.namespaces)[f"{TUNNEL_TOKEN}/{TUNNEL_TOKEN}"]


def said_by(token: str) -> dict[str, str]:
    """A token names account, tunnel and secret, in any order."""
    return json.loads(base64.b64decode(token))


def test_a_second_time_changes_nothing(running: Checkout) -> None:
    assert up(running).steps == {}
    assert preview(running).steps == {}


def test_what_was_changed_at_the_dashboard_is_put_back(running: Checkout, there: Account) -> None:
    before = objects(there)
    [record], [application] = before["dns_records"], before["applications"]
    there.control("PATCH", f"/objects/dns_records/{record['id']}", {"content": "elsewhere.example.net"})
    there.control("PATCH", f"/objects/applications/{application['id']}", {"session_duration": "24h"})
    running.pulumi("refresh", "--yes", "--skip-preview")
    assert up(running).steps.keys() >= {"tunnel-dns", "access-application"}
    after = objects(there)
    assert after["dns_records"][0]["content"] == record["content"]
    assert after["applications"][0]["session_duration"] == application["session_duration"]


@pytest.mark.parametrize("status", [429, 503])
def test_what_passes_is_tried_again(running: Checkout, there: Account, status: int) -> None:
    there.control("POST", "/faults", {"status": status, "times": 2, "method": "PUT", "path": "access/apps"})
    with running.changed({"exposure.access.session": f"{status}h"}):
        # The hub is told too how long somebody may stay.
        assert set(up(running).steps) == {"access-application", "hub-settings", "hub"}
    up(running)


def test_what_does_not_pass_is_reported(running: Checkout, there: Account) -> None:
    there.control("POST", "/faults", {"status": 503, "times": 99, "method": "PUT", "path": "access/apps"})
    with running.changed({"exposure.access.session": "200h"}):
        done = running.pulumi("up", "--yes", "--skip-preview", check=False)
    there.control("DELETE", "/faults")
    assert done.returncode != 0
    assert "503" in done.stdout + done.stderr
    up(running)


def test_another_secret_of_the_tunnel_reaches_the_pods(running: Checkout, there: Account) -> None:
    [tunnel] = objects(there)["tunnels"]
    before = given_to_the_pods(running)
    running.change({"rotations": {"tunnel-secret": 1}})
    changed = up(running)
    assert changed == Changes(
        {"tunnel-secret-1": "create", "tunnel": "update", TUNNEL_TOKEN: "update", "cloudflared": "update"},
        changed.unchanged,
    )
    token = given_to_the_pods(running)
    assert token != before
    assert [each["id"] for each in objects(there)["tunnels"]] == [tunnel["id"]]
    assert said_by(token) == said_by(there.tunnel_token(tunnel["id"]))


def test_no_secret_of_the_edge_is_shown_in_the_clear(running: Checkout, there: Account) -> None:
    secret = (f"{TUNNEL_TOKEN}/", "access-token-automation/client-secret")
    made = [value for place, value in secret_values(running.namespaces).items() if place.startswith(secret)]
    watched = [there.token, *made]
    assert len(watched) == 3
    exported = running.pulumi("stack", "export").stdout
    shown = running.pulumi("preview", "--json", "--diff", "--show-sames", check=False).stdout
    assert [value for value in watched if value in exported + shown] == []


def test_nothing_is_left_where_the_users_data_is(running: Checkout, there: Account) -> None:
    """The engine takes down what is not protected, as `make destroy` has it do."""
    running.pulumi("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert objects(there) == {}
    kinds = {found["type"] for found in resources(running)}
    assert "kubernetes:core/v1:Namespace" in kinds
    assert not [kind for kind in kinds if kind.startswith("cloudflare:")]
