"""A real API server lets nobody open a way past the one that the stack file names: not by a Service, not by a route."""

import json
import secrets
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from lab.paths import KUBECONFIG, KUBECTL
from preview.recorder import inventory
from tests.e2e.cluster import eventually, kubectl

pytestmark = pytest.mark.lab

Manifest = dict[str, Any]
SUBJECTS = ("services.", "routes.")
PORT = {"port": 80}
OPEN = "opens a port of the nodes"
OUTSIDE = "listens on an address outside of the cluster"
LEADS = "leads people in"


def service(**spec: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "way"}, "spec": {"ports": [PORT], **spec}}


INGRESS: Manifest = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "way"},
    "spec": {"defaultBackend": {"service": {"name": "proxy-public", "port": {"number": 80}}}},
}
WAYS = {
    "a port of every node": (service(type="NodePort"), OPEN),
    "a load balancer": (service(type="LoadBalancer"), OPEN),
    "an address of somebody else": (service(externalIPs=["192.0.2.1"]), OUTSIDE),
    "an ingress": (INGRESS, LEADS),
}
WELL = {
    "a service inside": service(),
    "one without an address": service(clusterIP="None"),
    "another name": service(type="ExternalName", externalName="db.example.org", ports=[]),
}


@dataclass(frozen=True)
class Ways:
    platform: str
    guarded: frozenset[str]
    """The namespaces that have but one way in."""

    @property
    def users(self) -> str:
        return f"{self.platform}-users"

    def create(self, manifest: Manifest, namespace: str) -> tuple[bool, str]:
        line = [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "--namespace", namespace, "create", "--dry-run=server"]
        given = json.dumps(manifest)
        done = subprocess.run([*line, "--filename=-"], input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or "denied request" in done.stderr, done.stderr
        return done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=["edge", "ingress"])
def ways(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Ways]:
    name = f"ways-{secrets.token_hex(3)}"
    file = tmp_path_factory.mktemp("stack") / "Pulumi.ways.yaml"
    file.write_text(
        yaml.safe_dump({"config": {"jupyterhub:settings": {"extends": request.param, "namespace": {"name": name}}}})
    )
    declared = [
        dict(found.inputs) for found in inventory("ways", stack_file=file, known=True).resources if found.is_kubernetes
    ]
    rules = [found for found in declared if found["metadata"]["name"].startswith(SUBJECTS)]
    assert len(rules) == 4
    made = Ways(name, frozenset({f"{name}-users"} | ({name} if request.param == "edge" else set[str]())))
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": each}} for each in (name, made.users)]
    try:
        kubectl(
            "apply", "--filename=-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": [*spaces, *rules]})
        )
        eventually(
            "the rules are in force", lambda: not any(made.create(way, made.users)[0] for way, _ in WAYS.values()), 60
        )
        yield made
    finally:
        gone = {"apiVersion": "v1", "kind": "List", "items": [*rules, *spaces]}
        kubectl("delete", "--wait=false", "--filename=-", given=json.dumps(gone))


@pytest.mark.parametrize("way", WAYS)
def test_nobody_opens_another_way_in(ways: Ways, way: str) -> None:
    manifest, reason = WAYS[way]
    for namespace in (ways.platform, ways.users):
        taken, said = ways.create(manifest, namespace)
        assert taken == (namespace not in ways.guarded)
        assert taken or reason in said


@pytest.mark.parametrize("kind", WELL)
def test_what_stays_inside_is_let_in(ways: Ways, kind: str) -> None:
    for namespace in (ways.platform, ways.users):
        assert ways.create(WELL[kind], namespace) == (True, "")


def test_a_service_does_not_become_a_way_in_later(ways: Ways) -> None:
    kubectl("create", "--filename=-", "--namespace", ways.users, given=json.dumps(service()))
    line = ("patch", "service", "way", "--namespace", ways.users, "--patch", '{"spec": {"type": "NodePort"}}')
    done = subprocess.run(
        [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), *line], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert OPEN in done.stderr


def test_other_namespaces_are_nobody_s_business(ways: Ways) -> None:
    assert ways.create(service(type="NodePort"), "default") == (True, "")


def test_the_rules_are_sound(ways: Ways) -> None:
    for subject in SUBJECTS:
        name = f"{subject}{ways.users}.jupyterhub-platform"
        status = json.loads(kubectl("get", "validatingadmissionpolicy", name, "--output=json"))["status"]
        assert status["typeChecking"] == {}, name
