"""How people reach the hub."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import Hostname, KubernetesName, ObjectName, Port, Section, YesOrNo


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


class Ingress(Section):
    """A host name served by the cluster's ingress controller."""

    kind: Literal["ingress"]
    host: Hostname
    """The name people type into their browser."""
    controller: Annotated[Nginx | Traefik, Field(discriminator="kind")]
    """The ingress controller of the cluster."""
    public: YesOrNo
    """Whether strangers can reach the host: false for a company's network, or a name that means this machine."""
    tls: Annotated[TlsSecret | CertManager | Copied | None, Field(discriminator="kind")] = None
    """Where the certificate comes from. Plain http when absent."""


class Tunnel(Section):
    """A host name on the internet, reached through a Cloudflare tunnel."""

    kind: Literal["tunnel"]
    host: Hostname
    """The name people type into their browser."""


Exposure = Annotated[PortForward | Ingress | Tunnel, Field(discriminator="kind")]
