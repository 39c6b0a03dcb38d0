"""How people reach the hub."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import (
    DeclaredSecret,
    Duration,
    Email,
    GroupName,
    Hostname,
    KubernetesName,
    ObjectName,
    Port,
    Section,
    YesOrNo,
)
from settings.form import Form, ToldApart


class PortForward(Section):
    """A port on the loopback of the machine that runs `make up`. Nothing is published."""

    kind: Literal["port_forward"]
    port: Port = 8000
    """The port on this machine."""


class Nginx(Section):
    """The community's ingress-nginx. Body size, timeouts and buffering are set on our Ingress alone."""

    kind: Literal["nginx"]
    ingress_class: ObjectName = "nginx"
    """As `kubectl get ingressclasses` lists it."""
    namespace: KubernetesName = "ingress-nginx"
    """Where its pods are: they alone may reach the proxy."""


class Traefik(Section):
    """Traefik. How long a request may take is set where it is installed (see docs/exposure.md)."""

    kind: Literal["traefik"]
    ingress_class: ObjectName = "traefik"
    """As `kubectl get ingressclasses` lists it."""
    namespace: KubernetesName = "kube-system"
    """Where its pods are: they alone may reach the proxy."""


class TlsSecret(Section):
    """A certificate that somebody else keeps in the platform's namespace."""

    kind: Literal["secret"]
    name: Annotated[ObjectName, Field(examples=["hub-tls"])]
    """The name of the Secret, with the keys `tls.crt` and `tls.key`."""


class CertManager(Section):
    """A certificate that cert-manager obtains and renews."""

    kind: Literal["cert_manager"]
    issuer: Annotated[ObjectName, Field(examples=["letsencrypt"])]
    """The name of a ClusterIssuer."""


class Copied(Section):
    """A certificate of another namespace, such as a wildcard one: its copy follows within a minute."""

    kind: Literal["copied"]
    namespace: Annotated[KubernetesName, Field(examples=["default"])]
    """Where the Secret is."""
    name: Annotated[ObjectName, Field(examples=["wildcard-tls"])]
    """The name of the Secret, with the keys `tls.crt` and `tls.key`."""


Certificate = Annotated[TlsSecret | CertManager | Copied, Field(discriminator="kind")]


class Subdomains(Section):
    """Every user's server at a host name of its own below the hub's, `<user>.<host>`: then browsers keep people's pages apart,
    which they do not on one host. A wildcard DNS record has to lead `*.<host>` where `<host>` leads."""

    certificate: Certificate | None = None
    """The certificate for `*.<host>`, which one for `<host>` or for `*.` its parent does not cover. Absent where `tls` is."""


class Ingress(Section):
    """A host name served by the cluster's ingress controller."""

    kind: Literal["ingress"]
    host: Hostname
    """The name people type into their browser."""
    controller: Annotated[Nginx | Traefik, Field(discriminator="kind")]
    """The ingress controller of the cluster."""
    public: YesOrNo
    """Whether strangers can reach the host: false for a company's network, or a name that means this machine."""
    tls: Certificate | None = None
    """Where the certificate comes from. Plain http when absent."""
    subdomains: Subdomains | None = None
    """A host name for each user's server. All share one when absent, and docs/security.md says what that means."""

    @property
    def certificates(self) -> dict[str, Certificate]:
        """By the keys that name them."""
        below = self.subdomains.certificate if self.subdomains else None
        named = {"exposure.tls": self.tls, "exposure.subdomains.certificate": below}
        return {key: certificate for key, certificate in named.items() if certificate}


CloudflareId = Annotated[
    str,
    Form(
        "an identifier of Cloudflare",
        "[0-9a-f]{32}",
        "copy the 32 hexadecimal digits from Cloudflare's dashboard",
        "0123456789abcdef0123456789abcdef",
    ),
]
CloudflareUuid = Annotated[
    str,
    Form(
        "an identifier with dashes",
        "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "copy it from Cloudflare's dashboard",
        "01234567-89ab-cdef-0123-456789abcdef",
    ),
]


class ThroughKeycloak(Section):
    """The very Keycloak of `identity`: one login for the edge and the hub, under a client of its own."""

    kind: Literal["keycloak"]


class OneTimePin(Section):
    """A code that Cloudflare sends to the address somebody types."""

    kind: Literal["one_time_pin"]


class ExistingLogin(Section):
    """A login method that the Cloudflare account has already."""

    kind: Literal["existing"]
    id: CloudflareUuid
    """As the dashboard and the API name it."""


class Allowed(Section):
    """Whom the edge lets through to the hub's own login. Whoever fits one entry is in."""

    domains: Annotated[frozenset[Hostname], ToldApart(), Field(examples=[["example.org"]])] = frozenset()
    """People whose address ends in one of these."""
    emails: Annotated[frozenset[Email], ToldApart(), Field(examples=[["ann@example.org"]])] = frozenset()
    """People with one of these addresses."""
    groups: Annotated[frozenset[GroupName], ToldApart(), Field(examples=[["users"]])] = frozenset()
    """Members of these groups of Keycloak, where the login goes through it."""
    service_tokens: Annotated[frozenset[KubernetesName], ToldApart(), Field(examples=[["automation"]])] = frozenset()
    """Programs: each gets a token of that name, in the Secret `access-token-<name>`."""


class Access(Section):
    """Cloudflare Access in front of the hub: nobody reaches it without a login at the edge."""

    team: Annotated[KubernetesName, Field(examples=["example"])]
    """The team's name: it logs in at `<team>.cloudflareaccess.com`."""
    login: Annotated[ThroughKeycloak | OneTimePin | ExistingLogin, Field(discriminator="kind")]
    """How people prove at the edge who they are."""
    allow: Allowed
    """Whom it lets through."""
    session: Annotated[Duration, Field(examples=["7d"])]
    """How long a login at the edge lasts: not less than the hub's, or an open notebook is cut off in the middle."""


class SubdomainsOfZone(Section):
    """Every user's server at a host name of its own, `<user>.<host>`. Made with it: a wildcard DNS record, and an advanced
    certificate, which Cloudflare sells apart, since that of every zone covers `*.<zone>` and nothing below."""

    apex: Annotated[Hostname, Field(examples=["example.org"])]
    """The zone's own name, which the certificate has to name too."""


class Tunnel(Section):
    """A host name on the internet that leads through a Cloudflare tunnel. Nothing of the cluster listens outside of it."""

    kind: Literal["tunnel"]
    host: Hostname
    """The name people type into their browser, in the zone."""
    account: CloudflareId
    """The Cloudflare account, as the dashboard's addresses name it."""
    zone: CloudflareId
    """The zone that the host name is in, as its overview page names it."""
    token: DeclaredSecret
    """The API token that makes all of it; docs/exposure.md lists what it must be allowed to."""
    access: Access | None = None
    """Who stands in front. Nobody when absent: then the hub's own login is all there is."""
    subdomains: SubdomainsOfZone | None = None
    """A host name for each user's server. All share one when absent, and docs/security.md says what that means."""


Exposure = Annotated[PortForward | Ingress | Tunnel, Field(discriminator="kind")]
