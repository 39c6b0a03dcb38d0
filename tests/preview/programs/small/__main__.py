"""A hub in miniature. `small:settings` changes any field of any object, by the object's name and dotted paths."""

import json
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
from pulumi import ResourceOptions
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, PersistentVolumeClaim, Secret, Service

config = pulumi.Config()
settings: dict[str, Any] = config.require_object("settings")


def edited(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of one object, with what the stack file says about them."""
    for path, value in settings.get(name, {}).items():
        node = fields
        *above, last = path.split(".")
        for key in above:
            node = node[key]
        node[last] = value
    return fields


class Hub(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions) -> None:
        super().__init__("small:platform:Hub", name, None, opts)
        child = ResourceOptions(parent=self)
        kept = ResourceOptions(parent=self, protect=True)
        namespace = Namespace("space", **edited("space", {"metadata": {"name": "small"}}), opts=kept)
        here = {"namespace": namespace.metadata.name}
        digits = {"length": 32, "special": False, "upper": False, "lower": False}
        token = random.RandomPassword("token", **edited("token", digits), opts=child)
        password = random.RandomPassword("password", **edited("password", {"length": 24, "special": False}), opts=child)
        Secret(
            "credentials",
            metadata={"name": "credentials", "namespace": namespace.metadata.name},
            string_data={"token": token.result, "password": password.result, "api": config.require_secret("apiToken")},
            opts=child,
        )
        document = {"login": {"kind": "password", "admins": ["ada"]}, "image": "notebook:1"}
        ConfigMap(
            "settings",
            **edited(
                "settings",
                {
                    "metadata": {"name": "settings"} | here,
                    "data": {"settings.json": json.dumps(document), "motd": "hello\nworld\nbye\n"},
                },
            ),
            opts=child,
        )
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
        PersistentVolumeClaim(
            "state", **edited("state", {"metadata": {"name": "state"} | here, "spec": claim}), opts=kept
        )
        container = {
            "name": "hub",
            "image": "hub:1",
            "env": [{"name": "COLOUR", "value": "red"}, {"name": "SIZE", "value": "1"}],
            "ports": [{"name": "http", "containerPort": 8081}],
        }
        pod = {"metadata": {"labels": {"app": "hub"}}, "spec": {"containers": [edited("container", container)]}}
        Deployment(
            "hub",
            **edited(
                "hub",
                {
                    "metadata": {"name": "hub", "annotations": {"example.org/config-hash": "0123456789abcdef"}} | here,
                    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "hub"}}, "template": pod},
                },
            ),
            opts=child,
        )
        if "without_service" not in settings:
            service = {"metadata": {"name": "hub"} | here, "spec": {"ports": [{"port": 80}]}}
            Service("service", **edited("service", service), opts=child)
        self.register_outputs({"namespace": namespace.metadata.name})


cluster = kubernetes.Provider("cluster", **edited("cluster", {"context": "lab"}))
Hub("hub", ResourceOptions(providers=[cluster]))
pulumi.log.warn("the lab is not for production")
pulumi.export("url", settings.get("url", "http://localhost:8000"))
pulumi.export("token", pulumi.Output.secret("canary"))
