"""What a stack file says the cluster has already: looked up before anything is changed, since nothing would say so afterwards.

A class nobody serves leaves an Ingress or a claim waiting for ever, without a complaint.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from deploy.kubectl import Kubectl
from lab.problem import Problem
from settings import Settings
from settings.exposure import CertManager, Ingress, Traefik

_DEFINITION: Final = "customresourcedefinitions.apiextensions.k8s.io"
_UNKNOWN_KIND: Final = "doesn't have a resource type"


@dataclass(frozen=True)
class Expected:
    """An object of the whole cluster, and the key of the stack file that counts on it."""

    key: str
    resource: str
    """As kubectl calls its kind."""
    name: str

    def __str__(self) -> str:
        return f"{self.key}: the cluster has no {self.name!r} among its {self.resource.partition('.')[0]}"


def expected(settings: Settings) -> list[Expected]:
    """Pure."""
    found = [Expected(f"storage.{key}", "storageclasses.storage.k8s.io", name) for key, name in _classes(settings)]
    if settings.mesh:
        found.append(Expected("mesh.kind", _DEFINITION, "authorizationpolicies.security.istio.io"))
    exposure = settings.exposure
    if isinstance(exposure, Ingress):
        controller = exposure.controller
        found.append(
            Expected("exposure.controller.ingress_class", "ingressclasses.networking.k8s.io", controller.ingress_class)
        )
        found.append(Expected("exposure.controller.namespace", "namespaces", controller.namespace))
        if isinstance(controller, Traefik) and exposure.tls:
            found.append(Expected("exposure.controller.kind", _DEFINITION, "middlewares.traefik.io"))
        found += [
            Expected(f"{key}.issuer", "clusterissuers.cert-manager.io", each.issuer)
            for key, each in exposure.certificates.items()
            if isinstance(each, CertManager)
        ]
    return found


def require(settings: Settings, kubectl: Kubectl) -> None:
    missing = [each for each in expected(settings) if _is_missing(each, kubectl)]
    if missing:
        raise Problem(
            "\n".join(
                [
                    f"{kubectl.context} is not the cluster that this stack file describes, and nothing was changed:",
                    *(f"  {each}; `kubectl get {each.resource}` lists what there is" for each in missing),
                ]
            )
        )


def _is_missing(each: Expected, kubectl: Kubectl) -> bool:
    """Whoever may not look, as is common for objects of the whole cluster, is believed."""
    done = kubectl.attempt(
        "get", each.resource, each.name, "--ignore-not-found", "--output=name", "--request-timeout=20s"
    )
    return _UNKNOWN_KIND in done.stderr if done.returncode else not done.stdout.strip()


def _classes(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from _named(settings.storage.model_dump(), "storage_class")


def _named(tree: object, wanted: str) -> Iterator[tuple[str, str]]:
    """Every value under a key of this name, with the path to it."""
    entries: Mapping[Any, Any] = {}
    if isinstance(tree, dict):
        entries = cast("dict[str, Any]", tree)
    elif isinstance(tree, list | tuple):
        entries = dict(enumerate(cast("list[Any]", tree)))
    for key, value in entries.items():
        if key == wanted and value is not None:
            yield wanted, value
        else:
            yield from ((f"{key}.{path}", found) for path, found in _named(value, wanted))
