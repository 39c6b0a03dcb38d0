"""Kinds of object that clusters of one's own know through what is installed there: the lab knows them too, and serves none.

So the objects of a stack are held to the real schemas, whatever the lab itself does not run.
"""

import re
from dataclasses import dataclass

from lab import build, paths
from lab.modules import Module

ISTIO = Module("istio.io/api", "v1.31.1", "h1:5Yb5ihcz4YQsCkciusK7DnFpBMwRB6EFWeUKH1Atuyk=")
PROMETHEUS_OPERATOR = Module(
    "github.com/prometheus-operator/prometheus-operator",
    "v0.94.1",
    "h1:QEIb2wenPH+SdMN1xMf8l4Pmj00YYXXI6HlbLlQWkww=",
)
TRAEFIK = Module("github.com/traefik/traefik/v3", "v3.6.12", "h1:6pe4s7aaDTQs+AsF7KP3sM/xnq7zOVvibRQe5tw9eFo=")


@dataclass(frozen=True)
class Definitions:
    module: Module
    file: str
    """In the module: one or more CustomResourceDefinitions."""
    kinds: tuple[str, ...]
    """Those that stacks use, as the definitions are named."""


ALL = (
    Definitions(
        ISTIO,
        "kubernetes/customresourcedefinitions.gen.yaml",
        ("peerauthentications.security.istio.io", "authorizationpolicies.security.istio.io"),
    ),
    *(
        Definitions(
            PROMETHEUS_OPERATOR,
            f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml",
            (f"{kind}.monitoring.coreos.com",),
        )
        for kind in ("servicemonitors", "prometheusrules")
    ),
)
APPLIED = paths.STATE / "definitions"
"""What was applied last; the cluster's state goes when this file goes."""


def digest() -> str:
    return build.digest((of.file, f"{of.module}{of.kinds}".encode()) for of in ALL)


def are_applied() -> bool:
    return APPLIED.exists() and APPLIED.read_text() == digest()


def manifests() -> str:
    """Every definition that stacks use, in one stream."""
    return "\n---\n".join(text for of in ALL for text in chosen((of.module.fetch() / of.file).read_text(), of.kinds))


def chosen(stream: str, kinds: tuple[str, ...]) -> list[str]:
    """The documents of a stream that define one of the kinds."""
    documents = re.split(r"^---\s*$", stream, flags=re.MULTILINE)
    return [
        text for text in documents if (found := re.search(r"^  name: (\S+)$", text, re.MULTILINE)) and found[1] in kinds
    ]


def note_applied() -> None:
    APPLIED.write_text(digest())


def of_traefik() -> str:
    """What Traefik itself needs to be there."""
    file = "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"
    return (TRAEFIK.fetch() / file).read_text()
