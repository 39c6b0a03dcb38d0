"""Under which name people reach the hub, and what a certificate for it takes."""

import re
from collections.abc import Iterator

from settings.cluster import Lab
from settings.exposure import CertManager, Copied, Ingress, Traefik
from settings.problems import Problem
from settings.root import Settings

_THIS_MACHINE = re.compile(r"(.*\.)?localhost")
NOBODY_OUTSIDE = re.compile(r"[^.]+|.*\.(localhost|local|internal|test|example|invalid|lan|home\.arpa)")
_OF_THE_LAB = Traefik(kind="traefik")
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
    if isinstance(exposure.tls, CertManager) and _THIS_MACHINE.fullmatch(exposure.host):
        yield Problem(
            "exposure.tls.kind",
            f"'cert_manager' proves who owns a name, and nobody owns {exposure.host}, which means this machine everywhere; "
            "leave tls out, or write kind: secret",
        )
    elif isinstance(exposure.tls, CertManager) and isinstance(settings.cluster, Lab):
        yield Problem(
            "exposure.tls.kind", "'cert_manager' asks a cert-manager, and the lab has none; write kind: secret"
        )
    ours = (settings.namespace.name, settings.namespace.users)
    if isinstance(exposure.tls, Copied) and exposure.tls.namespace in ours:
        yield Problem(
            "exposure.tls.namespace",
            "is a namespace of this stack, and copies come from others; write kind: secret and keep the certificate in "
            f"{settings.namespace.name}",
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
    the_controller_is_somebody_elses,
)
