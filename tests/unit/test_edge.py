"""The way in through Cloudflare: what each setting becomes there, what the pods get, and what goes when the platform goes."""

import base64
import json
import subprocess
import sys
from typing import Any, cast

import pytest
from pulumi_cloudflare import ZeroTrustAccessPolicyIncludeArgs

from components.exposure.access import people
from components.exposure.cloudflare import login
from components.exposure.edge_names import lasting
from components.exposure.tunnel import TUNNEL_TOKEN, connector_token
from components.naming import SECRETS_ANNOTATION
from components.pods import fingerprint
from preview.inventory import Inventory, Secret
from preview.recorder import inventory
from settings.exposure import Access, Allowed, ExistingLogin, OneTimePin
from settings.load import ROOT

CLOUDFLARE = "cloudflare:"
APPLICATION = "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication"
LOGIN = "cloudflare:index/zeroTrustAccessIdentityProvider:ZeroTrustAccessIdentityProvider"
POLICY = "cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
ROUTES = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig"
TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ACCOUNT, HOST = "0123456789abcdef0123456789abcdef", "jupyter.254carbon.com"
BARE = ("tunnel", "tunnel-dns", "tunnel-routes")
GUARDED = (*BARE, "access-application", "access-policy-people")


@pytest.fixture(scope="module")
def prod() -> Inventory:
    return inventory("prod", preview=True, known=True)


def made(stack: Inventory) -> dict[str, dict[str, Any]]:
    """Everything at Cloudflare, by its name in the program."""
    return {each.name: dict(each.inputs) for each in stack.resources if each.type.startswith(CLOUDFLARE)}


@pytest.mark.parametrize(
    ("stack", "names"),
    [
        ("prod", {*GUARDED, "access-login", "access-policy-programs", "access-token-automation"}),
        ("254carbon-access", {*GUARDED, "access-login", "access-policy-programs", "access-token-automation"}),
        ("urbalurba-public", {*GUARDED, "access-login"}),
    ],
)
def test_every_part_of_the_edge_has_a_name_that_people_can_read(stack: str, names: set[str]) -> None:
    found = inventory(stack, preview=True, known=True)
    assert made(found).keys() == names
    assert {each["name"] for each in made(found).values() if "name" in each and "ttl" not in each} >= {
        f"JupyterHub at {next(iter(found.of(APPLICATION))).inputs['domain']}"
    }


def test_the_host_leads_to_the_proxy_and_every_other_name_to_nothing(prod: Inventory) -> None:
    rule, rest = prod.one(ROUTES, "tunnel-routes").inputs["config"]["ingresses"]
    assert (rule["hostname"], rule["service"]) == (HOST, "http://proxy-public.jupyter:80")
    assert rest == {"service": "http_status:404"}
    record = prod.one(RECORD, "tunnel-dns").inputs
    assert (record["name"], record["type"], record["proxied"]) == (HOST, "CNAME", True)
    assert record["content"] == f"<<id:{TUNNEL}:tunnel>>.cfargotunnel.com"
    assert prod.one(TUNNEL, "tunnel").inputs["configSrc"] == "cloudflare"


def test_what_comes_past_access_ends_where_it_leaves_the_tunnel(prod: Inventory) -> None:
    rule, _ = prod.one(ROUTES, "tunnel-routes").inputs["config"]["ingresses"]
    assert rule["originRequest"]["access"] == {
        "required": True,
        "teamName": "254carbon",
        "audTags": ["<<id:access-application:aud>>"],
    }


def test_access_asks_the_hub_s_own_keycloak_under_a_client_of_its_own(prod: Inventory) -> None:
    found = prod.one(LOGIN, "access-login").inputs
    realm = "https://auth.254carbon.com/realms/jupyterhub/protocol/openid-connect"
    config = found["config"]
    assert found["type"] == "oidc"
    assert isinstance(config.pop("clientSecret"), Secret)
    assert config == {
        "clientId": "cloudflare-access",
        "authUrl": f"{realm}/auth",
        "tokenUrl": f"{realm}/token",
        "certsUrl": f"{realm}/certs",
        "pkceEnabled": True,
        "scopes": ["openid", "email", "profile"],
        "claims": ["groups"],
        "emailClaimName": "email",
    }
    assert prod.one("keycloak:openid/client:Client", "edge-client").inputs["clientId"] == config["clientId"]


def test_the_login_at_the_edge_is_one_that_no_other_page_can_use(prod: Inventory) -> None:
    found = prod.one(APPLICATION, "access-application").inputs
    assert found["destinations"] == [{"type": "public", "uri": HOST}]
    assert found["allowedIdps"] == [f"<<id:{LOGIN}:access-login>>"]
    assert found["autoRedirectToIdentity"] is True
    assert found["sessionDuration"] == "168h"
    assert (found["httpOnlyCookieAttribute"], found["sameSiteCookieAttribute"]) == (True, "lax")
    assert found["enableBindingCookie"] is True
    assert not found.keys() & {"corsHeaders", "optionsPreflightBypass", "skipInterstitial"}
    assert [each["precedence"] for each in found["policies"]] == [1, 2]


def test_programs_need_a_token_and_people_a_login(prod: Inventory) -> None:
    policies = {each.name: each.inputs for each in prod.of(POLICY)}
    assert policies["access-policy-people"]["decision"] == "allow"
    programs = policies["access-policy-programs"]
    assert programs["decision"] == "non_identity"
    assert [each.keys() for each in programs["includes"]] == [{"serviceToken"}]
    token = prod.one("kubernetes:core/v1:Secret", "access-token-automation-secret").inputs
    assert token["metadata"]["name"] == "access-token-automation"
    assert token["stringData"].keys() == {"client-id", "client-secret"}
    assert all(isinstance(value, Secret) for value in token["stringData"].values())


@pytest.mark.parametrize(
    ("allow", "included"),
    [
        ({"domains": ["b.org", "a.org"]}, [("email_domain", "domain", "a.org"), ("email_domain", "domain", "b.org")]),
        ({"emails": ["ann@a.org"]}, [("email", "email", "ann@a.org")]),
        ({"groups": ["analysts"]}, [("oidc", "claim_value", "/analysts")]),
        (
            {"domains": ["a.org"], "emails": ["x@b.org"], "groups": ["c"]},
            [("email_domain", "domain", "a.org"), ("email", "email", "x@b.org"), ("oidc", "claim_value", "/c")],
        ),
    ],
)
def test_whom_a_policy_lets_in(allow: dict[str, list[str]], included: list[tuple[str, str, str]]) -> None:
    found = people(Allowed.model_validate(allow), "the-login")
    assert [one(each) for each in found] == included
    for rule in (vars(each).get("oidc") for each in found):
        if rule is not None:
            assert vars(rule)["identity_provider_id"] == "the-login"
            assert vars(rule)["claim_name"] == "groups"


def one(include: ZeroTrustAccessPolicyIncludeArgs) -> tuple[str, str, str]:
    [(kind, rule)] = [(kind, cast("dict[str, str]", vars(rule))) for kind, rule in vars(include).items() if rule]
    key = next(key for key in ("domain", "email", "claim_value") if key in rule)
    return kind, key, rule[key]


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ({"kind": "existing", "id": "01234567-89ab-cdef-0123-456789abcdef"}, ExistingLogin),
        ({"kind": "one_time_pin"}, OneTimePin),
    ],
)
def test_a_login_without_keycloak_is_the_one_that_is_named(named: dict[str, str], kind: type) -> None:
    section = {"team": "a", "login": named, "allow": {"domains": ["a.org"]}, "session": "7d"}
    assert isinstance(login(Access.model_validate(section), None, None), kind)


@pytest.mark.parametrize(
    ("seconds", "written"), [(604800, "168h"), (43200, "12h"), (5400, "90m"), (90, "90s"), (60, "1m"), (3601, "3601s")]
)
def test_how_long_in_the_words_of_cloudflare(seconds: int, written: str) -> None:
    assert lasting(seconds) == written


def test_the_token_is_what_cloudflared_reads() -> None:
    """`connection.TunnelToken` of cloudflared: the account, the tunnel, and the secret's bytes as Go writes them in JSON."""
    secret = base64.b64encode(b"7" * 64).decode()
    read = json.loads(base64.b64decode(connector_token(ACCOUNT, "a-tunnel", secret)))
    assert read == {"a": ACCOUNT, "t": "a-tunnel", "s": secret}
    assert len(base64.b64decode(read["s"])) >= 32


def test_the_token_is_a_file_and_nothing_else(prod: Inventory) -> None:
    spec = prod.one(DEPLOYMENT, "cloudflared").inputs["spec"]["template"]["spec"]
    [container], [volume] = spec["containers"], spec["volumes"]
    assert "env" not in container
    assert container["args"] == [
        "tunnel",
        "--no-autoupdate",
        "--metrics=0.0.0.0:2000",
        "--grace-period=30s",
        "run",
        "--token-file=/run/tunnel/token",
    ]
    assert volume["secret"]["items"] == [{"key": TUNNEL_TOKEN, "path": "token"}]
    assert spec["terminationGracePeriodSeconds"] > 30
    assert container["volumeMounts"] == [{"name": "token", "mountPath": "/run/tunnel", "readOnly": True}]


def test_another_token_starts_the_pods_anew(prod: Inventory) -> None:
    token = prod.one("kubernetes:core/v1:Secret", "tunnel-token").inputs["stringData"][TUNNEL_TOKEN].value
    annotations = prod.one(DEPLOYMENT, "cloudflared").inputs["spec"]["template"]["metadata"]["annotations"]
    assert annotations[SECRETS_ANNOTATION] == fingerprint(token)


def test_two_pods_go_one_by_one_and_no_silence_of_the_edge_starts_them_anew(prod: Inventory) -> None:
    spec = prod.one(DEPLOYMENT, "cloudflared").inputs["spec"]
    [container] = spec["template"]["spec"]["containers"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthcheck"
    [budget] = [b for b in prod.of("kubernetes:policy/v1:PodDisruptionBudget") if b.name == "cloudflared-budget"]
    assert budget.inputs["spec"]["maxUnavailable"] == 1


def test_nothing_at_cloudflare_stays_because_something_is_kept(prod: Inventory) -> None:
    """The engine keeps whatever a protected resource needs: then a host name would lead to a platform that is gone."""
    by_urn = {resource.urn: resource for resource in prod.resources}
    needed, waiting = set[str](), [resource.urn for resource in prod.resources if resource.protect]
    while waiting:
        urn = waiting.pop()
        if urn in by_urn and urn not in needed:
            needed.add(urn)
            waiting += [*by_urn[urn].depends_on, by_urn[urn].parent]
    assert needed
    assert not [urn for urn in needed if by_urn[urn].type.startswith(CLOUDFLARE)]


def test_the_pods_end_before_the_tunnel_they_are_connected_to(prod: Inventory) -> None:
    by_urn = {resource.urn: resource for resource in prod.resources}

    def needs(urn: str) -> set[str]:
        below = set(by_urn[urn].depends_on) if urn in by_urn else set[str]()
        return below.union(*(needs(other) for other in below))

    assert prod.one(TUNNEL, "tunnel").urn in needs(prod.one(DEPLOYMENT, "cloudflared").urn)


def test_who_needs_no_edge_does_not_wait_for_its_package() -> None:
    asked = "import sys; from preview.recorder import inventory; inventory('e2e'); print('pulumi_cloudflare' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
