"""What each controller is told, where certificates come from, who may copy one, and what a mesh lets through."""

from typing import Any

import pytest

from components.exposure.ingress import SERVERS_TLS_SECRET, TLS_SECRET, annotations, certificates, copies
from components.network.edges import Edge, Others, Pods, edges
from components.network.mesh import PROBES, TUNNEL_PORT, targets, through_the_mesh
from preview.inventory import Inventory
from preview.recorder import inventory
from settings import Settings, SettingsError
from settings.exposure import Certificate, CertManager, Copied, Ingress, Nginx, Subdomains, TlsSecret, Traefik
from settings.load import parse, read, stack_file

NGINX, TRAEFIK = Nginx(kind="nginx"), Traefik(kind="traefik")
SECRET = TlsSecret(kind="secret", name="mine")
ISSUED = CertManager(kind="cert_manager", issuer="letsencrypt")
COPIED = Copied(kind="copied", namespace="default", name="wildcard-tls")
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
ALWAYS = {
    "proxy-body-size": "0",
    "proxy-read-timeout": "3600",
    "proxy-send-timeout": "3600",
    "proxy-buffering": "off",
    "proxy-request-buffering": "off",
}
"""What ingress-nginx would otherwise limit: uploads, silence, and the flow of what a kernel prints."""


def exposed(controller: Nginx | Traefik, tls: Certificate | None, below: Subdomains | None = None) -> Ingress:
    return Ingress(
        kind="ingress", host="hub.example.org", controller=controller, public=False, tls=tls, subdomains=below
    )


@pytest.mark.parametrize(
    ("controller", "tls", "told"),
    [
        (NGINX, None, {**ALWAYS, "ssl-redirect": "false", "force-ssl-redirect": "false"}),
        (NGINX, SECRET, {**ALWAYS, "ssl-redirect": "true", "force-ssl-redirect": "true"}),
        (NGINX, COPIED, {**ALWAYS, "ssl-redirect": "true", "force-ssl-redirect": "true"}),
        (TRAEFIK, None, {"router.entrypoints": "web"}),
        (TRAEFIK, SECRET, {"router.entrypoints": "websecure", "router.tls": "true"}),
        (TRAEFIK, COPIED, {"router.entrypoints": "websecure", "router.tls": "true"}),
    ],
)
def test_each_controller_is_told_in_its_own_words(
    controller: Nginx | Traefik, tls: TlsSecret | Copied | None, told: dict[str, str]
) -> None:
    prefix = f"{controller.kind}.ingress.kubernetes.io/"
    assert annotations(exposed(controller, tls)) == {prefix + name: value for name, value in told.items()}


@pytest.mark.parametrize("controller", [NGINX, TRAEFIK], ids=lambda controller: controller.kind)
def test_cert_manager_is_asked_beside_the_controller(controller: Nginx | Traefik) -> None:
    asked = {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert annotations(exposed(controller, ISSUED)) == annotations(exposed(controller, SECRET)) | asked


@pytest.mark.parametrize(
    ("tls", "secret"), [(None, None), (SECRET, "mine"), (ISSUED, TLS_SECRET), (COPIED, TLS_SECRET)]
)
def test_the_certificate_lies_in_a_secret_beside_the_hub(tls: Certificate | None, secret: str | None) -> None:
    assert certificates(exposed(TRAEFIK, tls)).get("hub.example.org") == secret


@pytest.mark.parametrize(
    ("tls", "below", "secrets", "copied"),
    [
        (None, None, [], set[str]()),
        (SECRET, SECRET, ["mine", "mine"], set[str]()),
        (SECRET, ISSUED, ["mine", SERVERS_TLS_SECRET], set[str]()),
        (COPIED, ISSUED, [TLS_SECRET, SERVERS_TLS_SECRET], {TLS_SECRET}),
        (SECRET, COPIED, ["mine", SERVERS_TLS_SECRET], {SERVERS_TLS_SECRET}),
        (COPIED, COPIED, [TLS_SECRET, SERVERS_TLS_SECRET], {TLS_SECRET, SERVERS_TLS_SECRET}),
    ],
)
def test_names_below_the_host_have_a_certificate_of_their_own(
    tls: Certificate | None, below: Certificate | None, secrets: list[str], copied: set[str]
) -> None:
    exposure = exposed(TRAEFIK, tls, Subdomains(certificate=below))
    assert certificates(exposure) == dict(zip(("hub.example.org", "*.hub.example.org"), secrets, strict=False))
    assert copies(exposure).keys() == copied
    asked = annotations(exposure).get("cert-manager.io/cluster-issuer")
    assert asked == ("letsencrypt" if ISSUED in (tls, below) else None)


@pytest.mark.parametrize(
    ("host", "tls", "complaints"),
    [
        ("hub.example.org", None, {"exposure.tls"}),
        ("hub.example.org", {"kind": "secret", "name": "mine"}, set[str]()),
        ("hub.local", {"kind": "secret", "name": "mine"}, {"exposure.public"}),
        ("hub", {"kind": "secret", "name": "mine"}, {"exposure.public"}),
        ("10.0.0.1", {"kind": "secret", "name": "mine"}, {"exposure.host"}),
    ],
)
def test_strangers_come_by_a_name_they_can_find_and_encrypted(
    host: str, tls: dict[str, str] | None, complaints: set[str]
) -> None:
    """Beside what is always said: that one password is not enough for strangers."""
    exposure = {"kind": "ingress", "host": host, "controller": {"kind": "traefik"}, "public": True, "tls": tls}
    with pytest.raises(SettingsError) as refusal:
        parse({"extends": "password", "exposure": exposure}, "Pulumi.changed.yaml")
    assert {problem.key for problem in refusal.value.problems} == {"identity.kind", *complaints}


@pytest.fixture(scope="module")
def ingress() -> Inventory:
    return inventory("ingress")


@pytest.fixture(scope="module")
def aks() -> Inventory:
    return inventory("urbalurba-aks", preview=True, known=True)


def objects(stack: Inventory, kind: str) -> dict[str, dict[str, Any]]:
    return {found.inputs["metadata"]["name"]: dict(found.inputs) for found in stack.of(kind)}


@pytest.mark.parametrize("stack", ["ingress", "aks"])
def test_traefik_leads_plain_http_to_https_and_serves_one_host(stack: str, request: pytest.FixtureRequest) -> None:
    known: Inventory = request.getfixturevalue(stack)
    exposure = read(stack_file(known.stack)).exposure
    assert isinstance(exposure, Ingress)
    found = objects(known, INGRESS)
    assert found.keys() == {"hub", "hub-redirect"}
    assert found["hub"]["spec"]["tls"] == [{"hosts": [exposure.host], "secretName": TLS_SECRET}]
    assert "tls" not in found["hub-redirect"]["spec"]
    for each in found.values():
        assert [rule["host"] for rule in each["spec"]["rules"]] == [exposure.host]
        assert each["spec"]["ingressClassName"] == "traefik"
    namespace = known.outputs["namespace"]
    [middleware] = known.of("kubernetes:traefik.io/v1alpha1:Middleware")
    name = middleware.inputs["metadata"]["name"]
    assert middleware.inputs["spec"] == {"redirectScheme": {"scheme": "https", "permanent": True}}
    told = found["hub-redirect"]["metadata"]["annotations"]
    assert told["traefik.ingress.kubernetes.io/router.middlewares"] == f"{namespace}-{name}@kubernetescrd"
    assert told["traefik.ingress.kubernetes.io/router.entrypoints"] == "web"


def test_every_user_s_server_has_a_name_below_the_hub_s() -> None:
    known = inventory("subdomains")
    both = ["hub.localhost", "*.hub.localhost"]
    for each in objects(known, INGRESS).values():
        assert [rule["host"] for rule in each["spec"]["rules"]] == both
    assert objects(known, INGRESS)["hub"]["spec"]["tls"] == [
        {"hosts": [host], "secretName": secret}
        for host, secret in zip(both, (TLS_SECRET, SERVERS_TLS_SECRET), strict=True)
    ]
    [proxy] = objects(known, DEPLOYMENT)["proxy"]["spec"]["template"]["spec"]["containers"]
    assert "--host-routing" in proxy["args"]
    [copier] = objects(known, DEPLOYMENT)["certificate"]["spec"]["template"]["spec"]["containers"]
    assert copier["command"][3:] == [
        f"default/{source}=subdomains/{copy}"
        for source, copy in (("hub-host-tls", TLS_SECRET), ("user-hosts-tls", SERVERS_TLS_SECRET))
    ]


def test_without_a_certificate_there_is_nowhere_to_lead_to() -> None:
    known = inventory("urbalurba", preview=True, known=True)
    assert objects(known, INGRESS).keys() == {"hub"}
    assert "tls" not in objects(known, INGRESS)["hub"]["spec"]
    assert not known.of("kubernetes:traefik.io/v1alpha1:Middleware")


def test_who_copies_a_certificate_reads_one_secret_and_changes_one(ingress: Inventory) -> None:
    rights = {
        (role.inputs["metadata"]["namespace"], secret, verb)
        for role in ingress.of(ROLE)
        if role.inputs["metadata"]["name"] == "ingress-certificate"
        for rule in role.inputs["rules"]
        for secret in rule["resourceNames"]
        for verb in rule["verbs"]
    }
    assert rights == {
        ("default", "wildcard-tls", "get"),
        ("ingress", TLS_SECRET, "get"),
        ("ingress", TLS_SECRET, "patch"),
    }
    copy = objects(ingress, "kubernetes:core/v1:Secret")[TLS_SECRET]
    assert not copy.keys() & {"data", "stringData"}


def test_nobody_copies_what_is_not_asked_for(aks: Inventory) -> None:
    assert "certificate" not in objects(aks, DEPLOYMENT)


@pytest.fixture(scope="module")
def prod() -> Settings:
    return read(stack_file("prod"))


def test_the_mesh_lets_through_what_the_edges_say_and_proves_who_it_is(prod: Settings) -> None:
    needed = edges(prod)
    platform, users = prod.namespace.name, prod.namespace.users
    accounts = {"hub": f"*/ns/{platform}/sa/hub", "proxy": f"*/ns/{platform}/sa/proxy"}
    accounts |= {"singleuser-server": f"*/ns/{users}/sa/default", "cloudflared": f"*/ns/{platform}/sa/cloudflared"}
    for target in targets(needed):
        incoming = [edge for edge in needed if edge.target == target.pods]
        assert [rule.to[0].operation.ports for rule in target.rules] == [[str(p) for p in e.ports] for e in incoming]
        for edge, rule in zip(incoming, target.rules, strict=True):
            assert [each.source.principals for each in rule.from_] == (
                [[accounts[edge.source.component]]] if isinstance(edge.source, Pods) else []
            )
        outside = {port for edge in incoming if isinstance(edge.source, Others) for port in edge.ports}
        assert set(target.open_ports) == outside
    assert {target.pods.component for target in targets(needed)} == {"hub", "proxy", "singleuser-server", "cloudflared"}


def test_a_server_is_never_reached_unencrypted(prod: Settings) -> None:
    [server] = [target for target in targets(edges(prod)) if target.pods.component == "singleuser-server"]
    assert server.open_ports == []
    assert all(rule.from_ for rule in server.rules)


def test_network_policies_let_the_tunnel_and_the_probes_pass_and_no_more(prod: Settings) -> None:
    before, after = edges(prod), through_the_mesh(edges(prod), prod.namespace.name)
    for plain, seen in zip(before, after, strict=False):
        added = set(seen.ports) - set(plain.ports)
        assert added == (set[int]() if "UDP" in plain.protocols or not plain.ports else {TUNNEL_PORT})
    probed = after[len(before) :]
    ours = {"hub", "proxy", "cloudflared"}
    assert {edge.target.component for edge in probed if isinstance(edge.target, Pods)} == ours
    assert all(edge == Edge(PROBES, edge.target, ()) for edge in probed)


def test_the_mesh_refuses_what_is_not_encrypted() -> None:
    known = inventory("prod", preview=True, known=True)
    found = [each.inputs for each in known.of("kubernetes:security.istio.io/v1:PeerAuthentication")]
    whole = {each["metadata"]["namespace"]: each["spec"] for each in found if each["metadata"]["name"] == "default"}
    assert whole == {key: {"mtls": {"mode": "STRICT"}} for key in ("jupyter", "jupyter-users")}
    for namespace in known.of("kubernetes:core/v1:Namespace"):
        assert namespace.inputs["metadata"]["labels"]["istio.io/dataplane-mode"] == "ambient"
    assert known.of("kubernetes:security.istio.io/v1:AuthorizationPolicy")


def test_without_a_mesh_nothing_of_it_is_left(aks: Inventory) -> None:
    assert not [each for each in aks.resources if "istio" in each.type]
    for namespace in aks.of("kubernetes:core/v1:Namespace"):
        assert not [label for label in namespace.inputs["metadata"]["labels"] if "istio" in label]
