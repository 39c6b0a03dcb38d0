"""Under which name people reach the hub, and what a certificate for it takes."""

import re
from collections.abc import Iterator

from settings.cluster import Lab
from settings.exposure import Certificate, CertManager, Copied, Ingress, PortForward, Traefik, Tunnel
from settings.problems import Problem
from settings.root import Settings

_THIS_MACHINE = re.compile(r"(.*\.)?localhost")
NOBODY_OUTSIDE = re.compile(r"[^.]+|.*\.(localhost|local|internal|test|example|invalid|lan|home\.arpa)")
_OF_THE_LAB = Traefik(kind="traefik")
_LONGEST_HOST = 253 - len("." + "a" * 63)
"""So that the longest name a user may have fits in front of it."""
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")


def a_host_is_a_name_that_leads_to_the_cluster(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if not isinstance(exposure, Ingress):
        return
    if _ADDRESS.fullmatch(exposure.host):
        yield Problem(
            "exposure.host", "is an address, and a cluster routes by name; write a name that leads to this address"
        )
    elif exposure.public and NOBODY_OUTSIDE.fullmatch(exposure.host):
        yield Problem(
            "exposure.public",
            f"is true, and nobody outside can find {exposure.host}; write false, or a host name known to the internet",
        )


def a_certificate_is_there_where_strangers_are_and_can_come(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if not isinstance(exposure, Ingress):
        return
    if exposure.public and exposure.tls is None:
        yield Problem(
            "exposure.tls",
            "is missing on a public host, so that logins would travel in the clear; add it, docs/exposure.md says how "
            "certificates come",
        )
    for key, certificate in exposure.certificates.items():
        yield from _can_come(settings, exposure.host, key, certificate)


def _can_come(settings: Settings, host: str, key: str, certificate: Certificate) -> Iterator[Problem]:
    if isinstance(certificate, CertManager) and _THIS_MACHINE.fullmatch(host):
        yield Problem(
            f"{key}.kind",
            f"'cert_manager' proves who owns a name, and nobody owns {host}, which means this machine everywhere; "
            "leave it out, or write kind: secret",
        )
    elif isinstance(certificate, CertManager) and isinstance(settings.cluster, Lab):
        yield Problem(f"{key}.kind", "'cert_manager' asks a cert-manager, and the lab has none; write kind: secret")
    ours = (settings.namespace.name, settings.namespace.users)
    if isinstance(certificate, Copied) and certificate.namespace in ours:
        yield Problem(
            f"{key}.namespace",
            "is a namespace of this stack, and copies come from others; write kind: secret and keep the certificate in "
            f"{settings.namespace.name}",
        )


def names_below_the_host_are_served_as_it_is(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if isinstance(exposure, PortForward) or exposure.subdomains is None:
        return
    if len(exposure.host) > _LONGEST_HOST:
        yield Problem(
            "exposure.host",
            f"leaves no room for a user's name in front of it: host names end at 253 characters; write one of at most "
            f"{_LONGEST_HOST}, or leave subdomains out",
        )
    if isinstance(exposure, Tunnel):
        if not f".{exposure.host}".endswith(f".{exposure.subdomains.apex}"):
            yield Problem(
                "exposure.subdomains.apex",
                f"is not the zone that {exposure.host} is in; write the end of the host name that the zone is called by",
            )
    elif exposure.tls and exposure.subdomains.certificate is None:
        yield Problem(
            "exposure.subdomains.certificate",
            f"is missing, and the certificate of tls is for {exposure.host} alone; name one for *.{exposure.host}, the same "
            "Secret where it covers both",
        )
    elif exposure.subdomains.certificate and exposure.tls is None:
        yield Problem(
            "exposure.subdomains.certificate",
            "is for names below a host that is served in the clear; add tls, or leave the certificate out",
        )


def the_controller_is_somebody_elses(settings: Settings) -> Iterator[Problem]:
    exposure = settings.exposure
    if not isinstance(exposure, Ingress):
        return
    if exposure.controller.namespace in (settings.namespace.name, settings.namespace.users):
        yield Problem(
            "exposure.controller.namespace",
            "is a namespace of this stack, where only pods of ours may talk; name the one the controller runs in",
        )
    if isinstance(settings.cluster, Lab) and exposure.controller != _OF_THE_LAB:
        yield Problem("exposure.controller", "is not what the lab runs; write {kind: traefik}")


RULES = (
    a_host_is_a_name_that_leads_to_the_cluster,
    a_certificate_is_there_where_strangers_are_and_can_come,
    names_below_the_host_are_served_as_it_is,
    the_controller_is_somebody_elses,
)
