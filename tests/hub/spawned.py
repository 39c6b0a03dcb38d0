"""What a spawner is asked about in tests: a user, a hub, a pod, a claim."""

from dataclasses import dataclass, field
from typing import Any

from tests.hub.cluster import RUNNING, Cluster

POD = "jupyter-ann"


@dataclass
class Named:
    name: str


@dataclass
class User:
    name: str = "ann"
    id: int = 1
    url: str = "/user/ann"
    groups: list[Named] = field(default_factory=list[Named])


@dataclass
class Hub:
    public_host: str = "http://hub"
    url: str = "http://hub"
    base_url: str = "/hub/"
    api_url: str = "http://hub/hub/api"


def pod(user: str = "ann", port: int = 8888, **status: Any) -> dict[str, Any]:
    env = [{"name": "JUPYTERHUB_API_TOKEN", "value": "old"}]
    return {
        "metadata": {
            "name": POD,
            "namespace": "jupyterhub-users",
            "uid": "1",
            "resourceVersion": "1",
            "annotations": {"hub.jupyter.org/username": user},
        },
        "spec": {
            "containers": [
                {"name": "notebook", "env": env, "ports": [{"name": "notebook-port", "containerPort": port}]}
            ]
        },
        "status": {**RUNNING, **status},
    }


def claim(name: str, user: str = "ann") -> dict[str, Any]:
    return {"metadata": {"name": name, "annotations": {"hub.jupyter.org/username": user}}}


def attached(cluster: Cluster) -> str:
    """The claim that is the home of the running server."""
    return next(
        volume["persistentVolumeClaim"]["claimName"]
        for volume in cluster.pods[POD]["spec"]["volumes"]
        if volume["name"] == "home"
    )
