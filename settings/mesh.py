"""A service mesh that encrypts what pods say to each other."""

from typing import Literal

from settings.domain import Section


class Istio(Section):
    """Istio in ambient mode: every connection between pods of the platform is encrypted, and nothing else is accepted."""

    kind: Literal["istio"]


Mesh = Istio
