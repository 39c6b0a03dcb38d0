"""What is around a deployment before it comes: other people's namespaces, databases and Secrets, as small as they can be."""

import json
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from components.hub.config import OUR_POSTGRES_NAME
from components.identity.keycloak_server import ADMINISTRATOR
from deploy.keycloak import Keycloak
from images import catalogue
from settings.domain import port_of
from settings.load import ROOT
from tests.e2e.cluster import eventually, kubectl
from tests.hub import control_api as control

Json = Any
GIT_SERVER = ROOT / "tests" / "workspace" / "git_server.py"
NODE = "jupyterhub-lab"
NODE_ADDRESS = "10.244.0.1"
KEYCLOAK, KEYCLOAK_URL = "keycloak", f"http://{NODE_ADDRESS}:8180"
KEYCLOAK_CLIENT = "jupyterhub-platform"
"""As the stacks here name it, and the client by which they may manage a realm of it."""


def namespace(name: str) -> None:
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def secret(namespace: str, name: str, values: Mapping[str, str], kind: str = "Opaque") -> None:
    metadata = {"name": name, "namespace": namespace}
    apply({"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": metadata, "stringData": dict(values)})


def certificate(namespace: str, name: str, host: str, folder: Path, subject: str = "lab") -> Path:
    """A certificate for the host, signed by itself, as a Secret; and the file of it, to trust it by."""
    made, key = folder / f"{subject}.crt", folder / f"{subject}.key"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += [
        "-subj",
        f"/CN={subject}",
        "-addext",
        f"subjectAltName=DNS:{host}",
        "-keyout",
        str(key),
        "-out",
        str(made),
    ]
    subprocess.run(command, check=True, capture_output=True)
    secret(namespace, name, {"tls.crt": made.read_text(), "tls.key": key.read_text()}, kind="kubernetes.io/tls")
    return made


def declared(stack: str, values: Mapping[str, str]) -> None:
    """Give a stack the secrets it asks for, as a person would: files that nobody else may read."""
    folder = ROOT / ".platform" / "secrets" / stack
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, value in values.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(value)


@cache
def image(name: str) -> str:
    """One of ours, which the lab has from now on."""
    subprocess.run([sys.executable, "-m", "images", "load", name], cwd=ROOT, check=True)
    return catalogue.lab_reference(name)


def postgres(namespace: str, name: str, password: str) -> None:
    """A database server that somebody else keeps. Its data goes with its pod."""
    secret(namespace, name, {"database-password": password})
    container = {
        "image": image("postgres"),
        "volumeMounts": [{"name": "password", "mountPath": "/run/secrets/jupyterhub"}],
    }
    _serve(namespace, name, container, {"name": "password", "secret": {"secretName": name}}, 5432)


def keycloak() -> Keycloak:
    """One that somebody else keeps, and who may do everything there. Its realms go with its database's pod."""
    known = {"database-password": "of the database", "administrator-secret": "of the lab's other Keycloak"}
    namespace(KEYCLOAK)
    postgres(KEYCLOAK, "database", known["database-password"])
    secret(KEYCLOAK, KEYCLOAK, known)
    told = {
        "KC_HOSTNAME": KEYCLOAK_URL,
        "KC_HTTP_HOST": NODE_ADDRESS,
        "KC_HTTP_PORT": f"{port_of(KEYCLOAK_URL)}",
        "KC_HTTP_MANAGEMENT_PORT": "8190",
        "KC_BOOTSTRAP_ADMIN_CLIENT_ID": ADMINISTRATOR,
        "KC_DB_URL_HOST": "database",
        "KC_DB_URL_DATABASE": OUR_POSTGRES_NAME,
        "KC_DB_USERNAME": OUR_POSTGRES_NAME,
    }
    container = {
        "image": image("keycloak"),
        "env": [{"name": name, "value": value} for name, value in told.items()],
        "readinessProbe": {
            "httpGet": {"host": NODE_ADDRESS, "path": "/health/ready", "port": 8190},
            "periodSeconds": 1,
        },
        "volumeMounts": [{"name": KEYCLOAK, "mountPath": "/run/secrets/jupyterhub"}],
    }
    volume = {"name": KEYCLOAK, "secret": {"secretName": KEYCLOAK}}
    # On the node's own network, so that browsers, pods and this machine all find it under the same address.
    shared = {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    _serve(KEYCLOAK, KEYCLOAK, container, volume, port_of(KEYCLOAK_URL), **shared)
    return Keycloak(KEYCLOAK_URL, "master", ADMINISTRATOR, known["administrator-secret"])


def control_api(namespace: str, images: Sequence[str], nodes: Sequence[Json]) -> None:
    """Knows what may be launched; the images are called by their references."""
    said = {**control.GOOD, control.IMAGES: [_as_listed(reference) for reference in images], control.NODES: list(nodes)}
    script = Path(control.__file__)
    container = {
        "image": image("notebook"),
        "command": ["python3", f"/srv/{script.name}", "8000", json.dumps(said)],
    }
    _program(namespace, "backend", container, {script.name: script.read_text()}, 8000)


def _as_listed(reference: str) -> Json:
    registry, _, rest = reference.partition("/")
    repository, _, tag = rest.rpartition(":")
    return control.image(f"found-{repository}", registry, repository, tag, default=True)


def git_repository(namespace: str, name: str, files: Mapping[str, str]) -> None:
    """`http://git.<namespace>.svc:8080/<name>`, with one commit."""
    served = (
        f"mkdir /tmp/work && cp /srv/* /tmp/work && rm /tmp/work/{GIT_SERVER.name} && cd /tmp/work && git init --quiet "
        "&& git add . && git -c user.name=ann -c user.email=ann@example.org commit --quiet --message=examples "
        f"&& git clone --quiet --bare . /tmp/served/{name} && exec python3 /srv/{GIT_SERVER.name} /tmp/served 8080"
    )
    container = {"image": image("workspace"), "command": ["sh", "-c", served]}
    _program(namespace, "git", container, {GIT_SERVER.name: GIT_SERVER.read_text(), **files}, 8080)


def _program(namespace: str, name: str, container: Json, files: Mapping[str, str], port: int) -> None:
    """One that finds its files below /srv."""
    metadata = {"name": name, "namespace": namespace}
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(files)})
    mounted = {**container, "volumeMounts": [{"name": "files", "mountPath": "/srv"}]}
    _serve(namespace, name, mounted, {"name": "files", "configMap": {"name": name}}, port)


def _serve(namespace: str, name: str, container: Json, volume: Json, port: int, **pod: Json) -> None:
    labels = {"app": name}
    metadata = {"name": name, "namespace": namespace}
    ready = {"tcpSocket": {"port": port}, "periodSeconds": 1}
    spec = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": name, "readinessProbe": ready, **container}],
        "volumes": [volume],
        **pod,
    }
    template = {"metadata": {"labels": labels}, "spec": spec}
    # Two of them could not have the same port of the node.
    strategy = {"type": "Recreate" if "hostNetwork" in pod else "RollingUpdate"}
    deployment = {"selector": {"matchLabels": labels}, "strategy": strategy, "template": template}
    apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment})
    service = {"selector": labels, "ports": [{"port": port}]}
    apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
    rollout = ("rollout", "status", f"deployment/{name}", "--namespace", namespace, "--timeout=5s")
    eventually(
        f"{name} serves in {namespace}", lambda: "successfully rolled out" in kubectl(*rollout, check=False), 300
    )


def announcement(namespace: str, name: str, variables: Mapping[str, str]) -> None:
    """What a service says of itself, for notebooks to find."""
    listed = [{"name": key, "value": value} for key, value in variables.items()]
    metadata = {"name": name, "namespace": namespace, "labels": {"thinkube.io/managed": "true"}}
    said = {"service.yaml": json.dumps({"service": {"environment_variables": listed}})}
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": said})


@contextmanager
def room_for(namespace: str, pods: int) -> Generator[None]:
    """No more pods than these for a while."""
    kubectl("create", "quota", "closed", f"--hard=pods={pods}", "--namespace", namespace)
    try:
        counted = ("get", "quota", "closed", "--namespace", namespace, "--output", "jsonpath={.status.hard.pods}")
        eventually("the quota is in force", lambda: kubectl(*counted) == str(pods), 10)
        yield
    finally:
        kubectl("delete", "quota", "closed", "--namespace", namespace)


def runtime_class(name: str) -> None:
    """Another name for the node's only one."""
    apply({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": "runc"})


def devices(resource: str, count: int | None) -> None:
    """Advertise them on the node as a device plugin would, without a device; None takes them back."""
    patch = {"status": {"capacity": {resource: None if count is None else str(count)}}}
    kubectl("patch", "node", NODE, "--subresource=status", "--type=merge", "--patch", json.dumps(patch))


def apply(described: Mapping[str, Any]) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", given=json.dumps(described))
