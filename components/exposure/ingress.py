"""The host name people type: Ingress objects for the cluster's controller, in the words each controller understands."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    HTTPIngressPathArgs,
    HTTPIngressRuleValueArgs,
    Ingress,
    IngressBackendArgs,
    IngressRuleArgs,
    IngressServiceBackendArgs,
    IngressSpecArgs,
    IngressTLSArgs,
    ServiceBackendPortArgs,
)

from components.base import Component
from components.exposure.edge_names import below
from components.naming import NOT_WAITED_FOR, PROXY, PROXY_PUBLIC_SERVICE, labels
from settings.exposure import CertManager, Copied, Nginx, TlsSecret, Traefik
from settings.exposure import Ingress as Settings

TLS_SECRET = "hub-tls"  # noqa: S105 - the name of a Secret
SERVERS_TLS_SECRET = "servers-tls"  # noqa: S105 - the name of a Secret
"""The certificates, where they are ours to name: what cert-manager obtains, or the copy of another namespace's."""
_OURS = (TLS_SECRET, SERVERS_TLS_SECRET)
_REDIRECT = "to-https"
_SECONDS = "3600"
"""A notebook's connection may be silent for so long."""


@dataclass(frozen=True, kw_only=True)
class HubIngressArgs:
    settings: Settings
    namespace: pulumi.Input[str]
    namespace_name: str


class HubIngress(Component):
    def __init__(self, name: str, args: HubIngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        self._ingress("hub-ingress", "hub", annotations(args.settings), certificates(args.settings))
        if args.settings.tls and isinstance(args.settings.controller, Traefik):
            # ingress-nginx redirects by itself; Traefik takes an object for it, and a second Ingress that names it.
            self._redirect(args.namespace)
            self._ingress("redirect-ingress", "hub-redirect", redirect(args.namespace_name), {})
        self.register_outputs({})

    def _ingress(self, role: str, name: str, annotations: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        backend = IngressBackendArgs(
            service=IngressServiceBackendArgs(name=PROXY_PUBLIC_SERVICE, port=ServiceBackendPortArgs(name="http"))
        )
        Ingress(
            role,
            metadata=ObjectMetaArgs(
                name=name,
                namespace=self._args.namespace,
                labels=labels(PROXY),
                # A controller without a load balancer never writes the address that the engine would wait for.
                annotations={**NOT_WAITED_FOR, **annotations},
            ),
            spec=IngressSpecArgs(
                ingress_class_name=self._args.settings.controller.ingress_class,
                rules=[
                    IngressRuleArgs(
                        host=host,
                        http=HTTPIngressRuleValueArgs(
                            paths=[HTTPIngressPathArgs(path="/", path_type="Prefix", backend=backend)]
                        ),
                    )
                    for host in hosts(self._args.settings)
                ],
                tls=[IngressTLSArgs(hosts=[host], secret_name=name) for host, name in secrets.items()] or None,
            ),
            opts=self.child,
        )

    def _redirect(self, namespace: pulumi.Input[str]) -> None:
        CustomResource(
            "redirect",
            api_version="traefik.io/v1alpha1",
            kind="Middleware",
            metadata=ObjectMetaArgs(name=_REDIRECT, namespace=namespace, labels=labels(PROXY)),
            spec={"redirectScheme": {"scheme": "https", "permanent": True}},
            opts=self.child,
        )


def hosts(settings: Settings) -> list[str]:
    """The hub's, and where users' servers have names of their own any one label in front of it."""
    return [settings.host, *([below(settings.host)] if settings.subdomains else [])]


def certificates(settings: Settings) -> dict[str, str]:
    """The Secret the controller reads each host's certificate from; none for plain http."""
    named = zip(hosts(settings), settings.certificates.values(), _OURS, strict=False)
    return {host: source.name if isinstance(source, TlsSecret) else ours for host, source, ours in named}


def copies(settings: Settings) -> dict[str, Copied]:
    """The certificates of other namespaces, by the Secret that is to hold the copy."""
    named = zip(_OURS, settings.certificates.values(), strict=False)
    return {ours: source for ours, source in named if isinstance(source, Copied)}


def annotations(settings: Settings) -> dict[str, str]:
    """Uploads of any size, connections that may be silent for an hour, and nothing in the clear where there is TLS."""
    issuers = [each.issuer for each in settings.certificates.values() if isinstance(each, CertManager)]
    issuer = {"cert-manager.io/cluster-issuer": issuers[0]} if issuers else {}
    match settings.controller:
        case Nginx():
            return issuer | _prefixed("nginx.ingress.kubernetes.io/", _nginx(encrypted=settings.tls is not None))
        case Traefik():
            entry = {"entrypoints": "websecure", "tls": "true"} if settings.tls else {"entrypoints": "web"}
            return issuer | _prefixed("traefik.ingress.kubernetes.io/router.", entry)


def redirect(namespace: str) -> dict[str, str]:
    """What leads those who come by plain http to https."""
    middleware = f"{namespace}-{_REDIRECT}@kubernetescrd"
    return _prefixed("traefik.ingress.kubernetes.io/router.", {"entrypoints": "web", "middlewares": middleware})


def _nginx(*, encrypted: bool) -> dict[str, str]:
    yes_or_no = "true" if encrypted else "false"
    return {
        "proxy-body-size": "0",
        "proxy-read-timeout": _SECONDS,
        "proxy-send-timeout": _SECONDS,
        "proxy-buffering": "off",
        "proxy-request-buffering": "off",
        "ssl-redirect": yes_or_no,
        "force-ssl-redirect": yes_or_no,
    }


def _prefixed(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}{name}": value for name, value in values.items()}
