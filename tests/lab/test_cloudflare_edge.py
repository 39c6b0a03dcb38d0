"""The real cloudflared, at the stand-in of Cloudflare's edge, in front of a tiny web server."""

import base64
import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import pytest
import requests
from requests.adapters import HTTPAdapter

from lab import cloudflare
from tests.e2e.cluster import eventually
from tests.lab.cloudflare_account import HOST, Account, account
from tests.lab.origin import origin

pytestmark = pytest.mark.lab

ISSUER = "https://example.cloudflareaccess.com"
TEAM = f"{ISSUER}/cdn-cgi/access"
PAGE = f"https://{HOST}/hub/home?x=1"
SECONDS = 20
DOWN = 530


@dataclass(frozen=True)
class World:
    account: Account
    tunnel: dict[str, Any]
    audience: str
    service: dict[str, Any]

    @contextmanager
    def connector(self, token: str | None = None) -> Generator[subprocess.Popen[str]]:
        """A real cloudflared. Its token is no argument: those can be read by everybody on the machine."""
        command = [str(cloudflare.program("cloudflared")), "tunnel", "--no-autoupdate", "--protocol=http2"]
        command += ["--metrics=127.0.0.1:0", "--grace-period=2s", "run"]
        environment = os.environ | self.account.there.connector_environment()
        environment["TUNNEL_TOKEN"] = token or self.tunnel["token"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def connections(self) -> list[dict[str, Any]]:
        return self.account.call("GET", f"cfd_tunnel/{self.tunnel['id']}/connections").json()["result"]

    def unguarded(self, **headers: str) -> requests.Response:
        """Straight into the tunnel, past Access: what an edge would do that is not told to guard the host."""
        address = f"https://{self.account.there.unguarded}/"
        return trusting(self.account).get(address, headers={"Host": HOST, **headers}, timeout=SECONDS)

    def assertion(self, *, foreign: bool = False, **changed: object) -> str:
        now = int(time.time())
        claims = {"aud": [self.audience], "iss": ISSUER, "exp": now + 60, "iat": now}
        return self.account.control("POST", "/assertions", {"claims": claims | changed, "foreign": foreign})


def trusting(made: Account) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    # The address is no name that its certificate could be for.
    session.mount("https://", WithoutNames(str(made.there.authority)))
    return session


class WithoutNames(HTTPAdapter):
    def __init__(self, authority: str) -> None:
        self._context = ssl.create_default_context(cafile=authority)
        self._context.check_hostname = False
        super().__init__()

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        super().init_poolmanager(*given, **options, ssl_context=self._context, assert_hostname=False)


@pytest.fixture(scope="module")
def world() -> Generator[World]:
    with account() as made, origin() as address:
        pin = made.made("access/identity_providers", {"name": "PIN", "type": "onetimepin", "config": {}})
        token = made.made("access/service_tokens", {"name": "probe"})
        people = {"name": "people", "decision": "allow", "include": [{"email_domain": {"domain": "example.org"}}]}
        probes = {
            "name": "probes",
            "decision": "non_identity",
            "include": [{"service_token": {"token_id": token["id"]}}],
        }
        policies = [made.made("access/policies", policy) for policy in (people, probes)]
        binding = {"allowed_idps": [pin["id"]], "auto_redirect_to_identity": True, "enable_binding_cookie": True}
        app = made.application(HOST, *policies, **binding)
        tunnel = made.tunnel("one")
        made.route(tunnel["id"], HOST, address, {"required": True, "teamName": "example", "audTag": [app["aud"]]})
        yield World(made, tunnel, app["aud"], token)


@pytest.fixture
def connected(world: World) -> Generator[World]:
    with world.connector():
        reached(world)
        yield world


def reached(world: World) -> None:
    """A request comes through: the connector is there, and knows where to bring it."""
    eventually("nothing comes through the tunnel", lambda: through(world).status_code == 200, SECONDS)


def through(world: World, **headers: str) -> requests.Response:
    service = {
        "CF-Access-Client-Id": world.service["client_id"],
        "CF-Access-Client-Secret": world.service["client_secret"],
    }
    return world.account.visitor().get(PAGE, headers=service | headers, allow_redirects=False, timeout=SECONDS)


def log_in(world: World, email: str) -> tuple[requests.Session, requests.Response]:
    visitor = world.account.visitor()
    page = visitor.get(PAGE, timeout=SECONDS)
    found = re.search('name="login" value="(.*?)"', page.text)
    assert found, page.text
    visitor.post(f"{TEAM}/pin", data={"login": found[1], "email": email}, timeout=SECONDS)
    pin = world.account.control("GET", f"/pins/{email}") or "000000"
    return visitor, visitor.post(f"{TEAM}/pin", data={"login": found[1], "pin": pin}, timeout=SECONDS)


def test_without_a_login_the_way_leads_to_one(connected: World) -> None:
    answer = connected.account.visitor().get(PAGE, allow_redirects=False, timeout=SECONDS)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{TEAM}/login/{HOST}?kid={connected.audience}&redirect_url=")


def test_with_a_login_the_page_comes_and_says_who_it_is(connected: World) -> None:
    visitor, page = log_in(connected, "ann@example.org")
    assert (page.status_code, page.url, page.json()["path"]) == (200, PAGE, "/hub/home?x=1")
    headers = page.json()["headers"]
    keys = jwt.PyJWKSet.from_dict(visitor.get(f"{TEAM}/certs", timeout=SECONDS).json())
    token = headers["Cf-Access-Jwt-Assertion"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=connected.audience, issuer=ISSUER)
    assert (claims["email"], claims["type"]) == ("ann@example.org", "app")
    assert headers["Cf-Access-Authenticated-User-Email"] == "ann@example.org"
    assert headers["X-Forwarded-Proto"] == "https"
    said = visitor.post(PAGE, data="a word", timeout=SECONDS)
    assert said.json()["body"] == "a word"


def test_a_stranger_gets_no_pin(connected: World) -> None:
    _, page = log_in(connected, "eve@notexample.org")
    assert page.status_code == 403
    assert connected.account.control("GET", "/pins/eve@notexample.org") == ""


def test_a_service_token_is_nobody_in_particular(connected: World) -> None:
    headers = through(connected).json()["headers"]
    claims = jwt.decode(headers["Cf-Access-Jwt-Assertion"], options={"verify_signature": False})
    assert (claims["common_name"], claims["sub"]) == (connected.service["client_id"], "")
    assert "Cf-Access-Authenticated-User-Email" not in headers
    assert "Cf-Access-Client-Secret" not in headers
    wrong = through(connected, **{"CF-Access-Client-Secret": "wrong"})
    assert wrong.status_code == 302


def test_what_a_visitor_claims_of_itself_is_not_passed_on(connected: World) -> None:
    forged = {"Cf-Access-Jwt-Assertion": "forged", "Cf-Access-Authenticated-User-Email": "root@example.org"}
    headers = through(connected, **forged).json()["headers"]
    assert "forged" not in json.dumps(headers)
    assert "root@example.org" not in json.dumps(headers)


FORGED: dict[str, Callable[[World], str]] = {
    "none at all": lambda world: "",
    "no token": lambda world: "x.y.z",
    "signed by another": lambda world: world.assertion(foreign=True),
    "for another application": lambda world: world.assertion(aud=["0" * 64]),
    "of another team": lambda world: world.assertion(iss="https://other.cloudflareaccess.com"),
    "of yesterday": lambda world: world.assertion(exp=int(time.time()) - 60),
    "signed by nobody": lambda world: jwt.encode({"aud": [world.audience]}, "", algorithm="none"),
}


def test_cloudflared_itself_refuses_what_access_did_not_sign(connected: World) -> None:
    """The one check that is left where the edge does not guard the host."""
    for name, forge in FORGED.items():
        answer = connected.unguarded(**{"Cf-Access-Jwt-Assertion": forge(connected)})
        assert answer.status_code in {403, 502}, name
        assert "headers" not in answer.text, name
    # Not because nothing comes through this way.
    assert connected.unguarded(**{"Cf-Access-Jwt-Assertion": connected.assertion()}).status_code == 200


def test_keys_may_change(connected: World) -> None:
    old = connected.assertion()
    connected.account.control("POST", "/keys", {"grace": 60})
    assert connected.unguarded(**{"Cf-Access-Jwt-Assertion": connected.assertion()}).status_code == 200
    assert connected.unguarded(**{"Cf-Access-Jwt-Assertion": old}).status_code == 200


async def test_a_websocket_passes(connected: World) -> None:
    visitor, _ = log_in(connected, "ann@example.org")
    there = connected.account.there
    trust = ssl.create_default_context(cafile=str(there.authority))
    cookies = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies)}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"wss://{HOST}/echo", proxy=there.proxy, ssl=trust, headers=cookies) as socket,
    ):
        for word in ("one", "two" * 10_000):
            await socket.send_str(word)
            assert await socket.receive_str(timeout=SECONDS) == f"{word} ann@example.org"


def test_of_two_connectors_one_may_die(world: World) -> None:
    with world.connector() as first, world.connector():
        eventually("two connectors are connected", lambda: len(world.connections()) == 2, SECONDS)
        reached(world)
        first.kill()
        answers = [through(world).status_code for _ in range(20)]
        assert answers.count(200) >= 19, answers
        eventually("the dead one is gone", lambda: len(world.connections()) == 1, SECONDS)
        assert through(world).status_code == 200
    eventually("both are gone", lambda: not world.connections(), SECONDS)
    assert through(world).status_code == DOWN


def test_a_connector_with_another_secret_stays_outside(world: World) -> None:
    other = world.account.tunnel("other")["token"]
    forged = json.loads(base64.b64decode(other)) | {"t": world.tunnel["id"]}
    with world.connector(base64.b64encode(json.dumps(forged).encode()).decode()) as process:
        assert process.stderr
        said = ""
        while "Unauthorized: Invalid tunnel secret" not in said:
            said = process.stderr.readline()
            assert said, "it ended without a word about its secret"
    assert not world.connections()


def test_a_tunnel_in_use_is_not_deleted(connected: World) -> None:
    path = f"cfd_tunnel/{connected.tunnel['id']}"
    assert connected.account.refused("DELETE", path)[:2] == (400, 1022)
    assert connected.account.call("GET", path).json()["result"]["status"] == "healthy"


def test_a_cut_connection_comes_back(connected: World) -> None:
    assert connected.account.control("DELETE", f"/connections/{connected.tunnel['id']}") == 1
    reached(connected)
