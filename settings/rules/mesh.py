"""What a mesh takes."""

from collections.abc import Iterator

from settings.cluster import Lab
from settings.problems import Problem
from settings.root import Settings


def a_mesh_has_to_be_there(settings: Settings) -> Iterator[Problem]:
    if settings.mesh is not None and isinstance(settings.cluster, Lab):
        yield Problem(
            "mesh", "needs a cluster that runs Istio, and the lab does not, so nothing would be encrypted; remove it"
        )


RULES = (a_mesh_has_to_be_there,)
