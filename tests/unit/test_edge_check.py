"""What is said of a token and of names at Cloudflare before anything is made; tests/engine/test_edge.py asks a stand-in."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml

from components.exposure.cloudflare_api import Answer, Unreachable, asking
from components.exposure.edge_check import complaints, writes
from components.exposure.edge_names import comment, title
from settings.exposure import Tunnel
from settings.load import ROOT, SETTINGS_KEY

ACCOUNT, ZONE, HOST = "a" * 32, "b" * 32, "hub.example.org"
EXPOSURE: dict[str, Any] = {
    "kind": "tunnel",
    "host": HOST,
    "account": ACCOUNT,
    "zone": ZONE,
    "token": {"kind": "declared", "name": "cloudflare-api-token"},
}
ACCESS: dict[str, Any] = {
    "team": "example",
    "login": {"kind": "one_time_pin"},
    "allow": {"domains": ["example.org"], "service_tokens": ["automation"]},
    "session": "7d",
}
EXISTING = {"kind": "existing", "id": "01234567-89ab-cdef-0123-456789abcdef"}
TUNNEL, RECORDS = f"accounts/{ACCOUNT}/cfd_tunnel", f"zones/{ZONE}/dns_records"
APPS, LOGINS = f"accounts/{ACCOUNT}/access/apps", f"accounts/{ACCOUNT}/access/identity_providers"
GRANTED = {
    "GET user/tokens/verify": Answer(200, {"status": "active"}),
    f"GET zones/{ZONE}": Answer(200, {"name": "example.org", "account": {"id": ACCOUNT}}),
    f"GET accounts/{ACCOUNT}/access/organizations": Answer(200, {"auth_domain": "example.cloudflareaccess.com"}),
    f"GET {LOGINS}/{EXISTING['id']}": Answer(200, {}),
}
NO = Answer(403)
EMPTY = {"GET": Answer(200, []), "POST": Answer(400)}
FOREIGN = {"type": "A", "name": HOST, "content": "192.0.2.1", "comment": "by hand"}


def exposure(*, subdomains: bool = False, **access: Any) -> Tunnel:
    given = EXPOSURE | ({"access": ACCESS | access} if access else {})
    return Tunnel.model_validate(given | ({"subdomains": {"apex": "example.org"}} if subdomains else {}))


def said(asked: Tunnel, answers: dict[str, Answer]) -> dict[str, str]:
    """The complaints, where the API answers this beside what a fresh account does."""
    known = GRANTED | answers

    def ask(method: str, path: str) -> Answer:
        return known.get(f"{method} {path.partition('?')[0]}", EMPTY[method])

    return {problem.key: problem.complaint for problem in complaints(asked, "prod", ask)}


BARE, GUARDED, WITH_EXISTING = exposure(), exposure(team="example"), exposure(login=EXISTING)
WITH_HOSTS = exposure(subdomains=True)
EVERY = (BARE, GUARDED, WITH_EXISTING, WITH_HOSTS)


@pytest.mark.parametrize("asked", EVERY, ids=["bare", "guarded", "with an existing login", "with host names"])
def test_nothing_is_said_where_everything_may_be_made(asked: Tunnel) -> None:
    assert said(asked, {}) == {}


@pytest.mark.parametrize(
    ("asked", "path", "permission"),
    [
        (BARE, TUNNEL, "Account / Cloudflare Tunnel / Edit"),
        (BARE, RECORDS, "Zone / DNS / Edit"),
        (WITH_HOSTS, f"zones/{ZONE}/ssl/certificate_packs/order", "Zone / SSL and Certificates / Edit"),
        (GUARDED, APPS, "Account / Access: Apps and Policies / Edit"),
        (GUARDED, LOGINS, "Account / Access: Organizations, Identity Providers, and Groups / Edit"),
        (GUARDED, f"accounts/{ACCOUNT}/access/service_tokens", "Account / Access: Service Tokens / Edit"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_permission_that_is_missing_is_named(asked: Tunnel, path: str, permission: str, status: int) -> None:
    found = said(asked, {f"POST {path}": Answer(status)})
    assert found.keys() == {"exposure.token"}
    assert f"it lacks {permission};" in found["exposure.token"]


def test_every_permission_that_is_missing_is_named_at_once() -> None:
    refused = {f"POST {write.path}": NO for write in writes(GUARDED)} | {f"GET zones/{ZONE}": NO}
    [complaint] = said(GUARDED, refused).values()
    assert all(write.permission in complaint for write in writes(GUARDED))
    assert "Zone / Zone / Read" in complaint


@pytest.mark.parametrize("asked", EVERY, ids=["bare", "guarded", "with an existing login", "with host names"])
def test_nothing_is_asked_for_that_is_not_made(asked: Tunnel) -> None:
    needed = {write.path.rpartition("/")[2] for write in writes(asked)}
    assert {"cfd_tunnel", "dns_records"} <= needed
    assert ("order" in needed) == (asked.subdomains is not None)
    assert ("apps" in needed) == (asked.access is not None)
    assert ("identity_providers" in needed) == (asked is GUARDED)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"GET user/tokens/verify": Answer(200, {"status": "expired"})}, "is expired at Cloudflare"),
        ({"GET user/tokens/verify": Answer(401), f"GET accounts/{ACCOUNT}/tokens/verify": Answer(401)}, "is none that"),
    ],
)
def test_a_token_that_is_none_is_all_that_is_said(answers: dict[str, Answer], reason: str) -> None:
    [complaint] = said(GUARDED, answers | {f"POST {TUNNEL}": NO}).values()
    assert complaint.startswith(reason)


def test_a_token_of_the_account_is_one_too() -> None:
    of_account = Answer(200, {"status": "active"})
    assert (
        said(BARE, {"GET user/tokens/verify": Answer(401), f"GET accounts/{ACCOUNT}/tokens/verify": of_account}) == {}
    )


def zone(name: str, account: str) -> dict[str, Answer]:
    return {f"GET zones/{ZONE}": Answer(200, {"name": name, "account": {"id": account}})}


@pytest.mark.parametrize(
    ("answers", "keys"),
    [
        (zone("example.org", "c" * 32), {"exposure.zone"}),
        (zone("ample.org", ACCOUNT), {"exposure.host", "exposure.subdomains.apex"}),
        (zone("hub.example.org", ACCOUNT), {"exposure.subdomains.apex"}),
    ],
)
def test_the_host_is_a_name_of_the_zone_and_the_zone_of_the_account(answers: dict[str, Answer], keys: set[str]) -> None:
    assert said(WITH_HOSTS, answers).keys() == keys


@pytest.mark.parametrize(
    ("record", "free"),
    [
        (FOREIGN, False),
        (FOREIGN | {"type": "CNAME", "content": "elsewhere.example.net"}, False),
        (FOREIGN | {"comment": comment("staging")}, False),
        (FOREIGN | {"comment": comment("prod")}, True),
        (FOREIGN | {"type": "CNAME", "content": "our-tunnel.cfargotunnel.com", "comment": None}, True),
        (FOREIGN | {"type": "CNAME", "content": "another.cfargotunnel.com"}, False),
        (FOREIGN | {"type": "TXT"}, True),
        (FOREIGN | {"name": "other.example.org"}, True),
    ],
)
def test_a_host_that_leads_elsewhere_is_not_taken_over(record: dict[str, Any], free: bool) -> None:
    tunnels = [{"id": "our-tunnel", "name": title(HOST)}, {"id": "another", "name": "another"}]
    found = said(BARE, {f"GET {RECORDS}": Answer(200, [record]), f"GET {TUNNEL}": Answer(200, tunnels)})
    assert found.keys() == (set() if free else {"exposure.host"})


@pytest.mark.parametrize(
    ("asked", "answers", "key"),
    [
        (GUARDED, {f"GET {APPS}": Answer(200, [{"domain": HOST, "name": "old"}])}, "exposure.access"),
        (GUARDED, {f"GET {APPS}": Answer(200, [{"domain": HOST, "name": title(HOST)}])}, None),
        (GUARDED, {f"GET {APPS}": Answer(200, [{"domain": "other.example.org", "name": "old"}])}, None),
        (
            GUARDED,
            {f"GET accounts/{ACCOUNT}/access/organizations": Answer(200, {"auth_domain": "x.cloudflareaccess.com"})},
            "exposure.access.team",
        ),
        (
            GUARDED,
            {f"GET {LOGINS}": Answer(200, [{"type": "onetimepin", "name": "PIN", "id": "x"}])},
            "exposure.access.login.kind",
        ),
        (GUARDED, {f"GET {LOGINS}": Answer(200, [{"type": "oidc", "name": "Okta", "id": "x"}])}, None),
        (WITH_EXISTING, {f"GET {LOGINS}/{EXISTING['id']}": Answer(404)}, "exposure.access.login.id"),
    ],
)
def test_what_somebody_else_has_at_the_edge_is_said(asked: Tunnel, answers: dict[str, Answer], key: str | None) -> None:
    assert said(asked, answers).keys() == ({key} if key else set())


def test_the_page_lists_the_permissions() -> None:
    page = (ROOT / "docs" / "exposure.md").read_text()
    for asked in EVERY:
        for write in writes(asked):
            assert f"| {write.permission} |" in page


@pytest.fixture
def busy() -> Any:
    """A server that gives these answers, one by one; the last one for ever."""
    served: list[HTTPServer] = []

    def serve(*statuses: int) -> tuple[str, list[tuple[str, str, str]]]:
        seen: list[tuple[str, str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = statuses[min(len(seen), len(statuses) - 1)]
                seen.append((self.path, self.headers["Authorization"], body.decode()))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"result": {"status": "active"}}')

            do_GET = do_POST = answer  # noqa: N815 - the server's names

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        served.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/client/v4", seen

    yield serve
    for server in served:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.exposure.cloudflare_api._PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("statuses", "calls"), [((200,), 1), ((403,), 1), ((429, 500, 200), 3), ((503, 503, 503, 200), 4)]
)
def test_what_passes_is_asked_again(
    busy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, ...], calls: int
) -> None:
    address, seen = busy(*statuses)
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", address)
    assert asking("secret")("POST", "user/tokens/verify").status == statuses[-1]
    assert seen == [("/client/v4/user/tokens/verify", "Bearer secret", "{}")] * calls


def test_who_does_not_answer_is_named_without_the_token(
    busy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, seen = busy(500)
    for base, calls in ((address, 4), ("http://127.0.0.1:1/client/v4", 4)):
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", base)
        with pytest.raises(Unreachable) as refusal:
            asking("secret")("GET", "zones")
        assert "127.0.0.1" in str(refusal.value)
        assert "secret" not in str(refusal.value)
        assert len(seen) == calls


def test_examples_name_no_account_of_anybody() -> None:
    """Digits in a row: whoever forgets to replace them is told so, and nobody else's are asked for."""
    for path in (ROOT / "Pulumi.prod.yaml", ROOT / "examples" / "Pulumi.urbalurba-public.yaml"):
        exposure = yaml.safe_load(path.read_text())["config"][SETTINGS_KEY]["exposure"]
        assert (exposure["account"], exposure["zone"]) == ("0123456789abcdef" * 2, "fedcba9876543210" * 2)
