"""Pods of the lab's own image, to try its network and its volumes from the inside."""

import json
import secrets
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab import build, images
from lab.paths import KUBECONFIG, KUBECTL
from tests.e2e.cluster import kubectl, objects

PORT = 8080
READY_SECONDS = "90s"


@dataclass(frozen=True)
class Namespace:
    name: str

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        return kubectl("--namespace", self.name, *arguments, given=given)

    def apply(self, *objects: dict[str, object]) -> None:
        for described in objects:
            self.kubectl("apply", "-f", "-", given=json.dumps(described))

    def claim(self, name: str, storage_class: str, mode: str, size: str = "1Gi") -> None:
        spec = {"storageClassName": storage_class, "accessModes": [mode], "resources": {"requests": {"storage": size}}}
        self.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec})

    def policy(self, name: str, **spec: object) -> None:
        kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        self.apply({**kind, "metadata": {"name": name}, "spec": spec})

    def pod(self, name: str, *claims: str) -> str:
        """Start a pod that answers on PORT with its own name; returns its address."""
        self.apply(pod(name, claims))
        self.kubectl("wait", f"pod/{name}", "--for=condition=Ready", f"--timeout={READY_SECONDS}")
        return self.kubectl("get", "pod", name, "--output", "jsonpath={.status.podIP}")

    def probe(self, pod: str, *arguments: str) -> str | None:
        """What a probe inside the pod printed; None when it failed."""
        line = (str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "--namespace", self.name, "exec", pod, "--")
        done = subprocess.run([*line, "/node", "probe", *arguments], check=False, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def reaches(self, pod: str, address: str, protocol: str = "tcp") -> bool:
        """Whether the pod gets an answer from there."""
        return self.probe(pod, "dial", protocol, address) is not None


def platform_image() -> str:
    """It has Python, whichever of its versions runs."""
    [hub] = objects("deployment", "jupyterhub", "--selector", "app.kubernetes.io/component=hub")
    return hub["spec"]["template"]["spec"]["containers"][0]["image"]


@contextmanager
def new_namespace(prefix: str) -> Generator[Namespace]:
    """Under Pod Security `restricted`, for as long as a test takes."""
    made = Namespace(f"{prefix}-{secrets.token_hex(3)}")
    kubectl("create", "namespace", made.name)
    try:
        kubectl("label", "namespace", made.name, "pod-security.kubernetes.io/enforce=restricted")
        yield made
    finally:
        kubectl("delete", "namespace", made.name, "--wait=false")


def pod(name: str, claims: tuple[str, ...], probe: tuple[str, ...] = ("listen", str(PORT))) -> dict[str, Any]:
    """A pod of one probe, once, under Pod Security `restricted`."""
    container = {
        "name": "probe",
        "image": images.reference("node", build.target()),
        "args": ["probe", *probe],
        "ports": [{"name": "web", "containerPort": PORT}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": claim, "mountPath": f"/{claim}"} for claim in claims],
    }
    spec = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}
