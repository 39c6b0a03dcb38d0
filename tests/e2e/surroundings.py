"""What is around a deployment before it comes: other people's namespaces, databases and Secrets, as small as they can be."""

import json
from collections.abc import Mapping
from typing import Any

from images import catalogue
from settings.load import ROOT
from tests.e2e.cluster import kubectl


def namespace(name: str) -> None:
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def secret(namespace: str, name: str, values: Mapping[str, str]) -> None:
    metadata = {"name": name, "namespace": namespace}
    apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": dict(values)})


def declared(stack: str, values: Mapping[str, str]) -> None:
    """Give a stack the secrets it asks for, as a person would: files that nobody else may read."""
    folder = ROOT / ".platform" / "secrets" / stack
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, value in values.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(value)


def postgres(namespace: str, name: str, password: str) -> None:
    """A database server that somebody else keeps. Its data goes with its pod."""
    secret(namespace, name, {"database-password": password})
    labels = {"app": name}
    mounted = [{"name": "password", "mountPath": "/run/secrets/jupyterhub"}]
    spec = {
        "automountServiceAccountToken": False,
        "containers": [
            {"name": "postgres", "image": catalogue.lab_reference("postgres"), "volumeMounts": mounted},
        ],
        "volumes": [{"name": "password", "secret": {"secretName": name}}],
    }
    metadata = {"name": name, "namespace": namespace}
    template = {"metadata": {"labels": labels}, "spec": spec}
    apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
    )
    apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 5432}]},
        }
    )
    kubectl("rollout", "status", f"deployment/{name}", "--namespace", namespace, "--timeout=120s")


def apply(described: Mapping[str, Any]) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", given=json.dumps(described))
