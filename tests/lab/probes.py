"""Probes that stand for the parties of a matrix: pods with their labels, and addresses of a machine behind the lab's."""

import json
import subprocess
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.commands import run, try_run
from lab.paths import API_SERVICE
from reachability.matrix import Party
from reachability.semantics import Pod
from tests.e2e.cluster import eventually, kubectl, objects
from tests.lab.try_out import platform_image

Manifest = dict[str, Any]
PROGRAM = Path(__file__).parent / "packets.py"
OUTSIDE = "packets"
"""The machine behind the lab's: a network namespace, and the cable to it."""
GATEWAY = "198.51.100.1"
"""Where that machine finds the lab's."""
PROBE = {"probe": "packets"}


def is_somebody(party: Party) -> bool:
    """A pod of others that goes by its labels: a probe with the same ones would be taken for it by everybody."""
    return isinstance(party.end, Pod) and not party.ours and bool(party.end.labels)


def name_of(party: Party) -> str:
    return "probe-" + party.name.replace(" ", "-").replace("'", "")


def probes(parties: Iterable[Party], ports: list[int]) -> str:
    """All pods, and in each of their namespaces the program they run."""
    pods = [(party, party.end) for party in parties if isinstance(party.end, Pod) and not is_somebody(party)]
    image = platform_image()
    program = {"apiVersion": "v1", "kind": "ConfigMap", "data": {PROGRAM.name: PROGRAM.read_text()}}
    programs = [
        {**program, "metadata": {"name": "packets", "namespace": namespace, "labels": PROBE}}
        for namespace in sorted({end.namespace for _, end in pods})
    ]
    items = [*programs, *(_pod(party, end, image, ports) for party, end in pods)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _pod(party: Party, end: Pod, image: str, ports: list[int]) -> Manifest:
    given = json.dumps({"addresses": {"0.0.0.0": party.name}, "ports": ports})  # noqa: S104 - in a pod of its own
    container = {
        "name": "probe",
        "image": image,
        "command": ["python3", f"/packets/{PROGRAM.name}", "listen", given],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "packets", "mountPath": "/packets"}],
        "readinessProbe": {"tcpSocket": {"port": max(ports)}, "periodSeconds": 1},
    }
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
        },
        "containers": [container],
        "volumes": [{"name": "packets", "configMap": {"name": "packets"}}],
    }
    metadata = {"name": name_of(party), "namespace": end.namespace, "labels": {**end.labels, **PROBE}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def address_of(party: Party) -> str:
    """Where a party really is."""
    if not isinstance(party.end, Pod):
        return party.end.address
    chosen = ",".join(f"{key}={value}" for key, value in party.end.labels.items())
    found = objects("pod", party.end.namespace, "--selector", chosen if is_somebody(party) else "probe=packets")
    called = [pod for pod in found if is_somebody(party) or pod["metadata"]["name"] == name_of(party)]
    return called[0]["status"]["podIP"]


@contextmanager
def machine_behind(parties: Iterable[Party], ports: list[int]) -> Generator[None]:
    """All addresses that are no pods, but the API server's own, on a machine that the lab's routes to."""
    addresses = {party.end.address: party.name for party in parties if not isinstance(party.end, Pod)}
    addresses.pop(API_SERVICE)
    try_run("ip", "netns", "delete", OUTSIDE)
    for line in (
        f"ip netns add {OUTSIDE}",
        f"ip link add {OUTSIDE} type veth peer name eth0 netns {OUTSIDE}",
        f"ip address add {GATEWAY}/32 dev {OUTSIDE}",
        f"ip link set {OUTSIDE} up",
        f"ip -n {OUTSIDE} link set lo up",
        f"ip -n {OUTSIDE} link set eth0 up",
        *(f"ip -n {OUTSIDE} address add {address}/32 dev eth0" for address in addresses),
        f"ip -n {OUTSIDE} route add {GATEWAY}/32 dev eth0",
        f"ip -n {OUTSIDE} route add default via {GATEWAY}",
        *(f"ip route add {address}/32 dev {OUTSIDE}" for address in addresses),
    ):
        run(*line.split())
    with subprocess.Popen(
        _outside("listen", {"addresses": addresses, "ports": ports}), stdout=subprocess.PIPE
    ) as listening:
        try:
            assert listening.stdout
            assert listening.stdout.readline() == b"listening\n"
            yield
        finally:
            listening.terminate()
            run("ip", "netns", "delete", OUTSIDE)


def dial(source: Party, targets: list[tuple[str, str, int]]) -> list[str | None]:
    """What each of them answers to that party; None where it does not."""
    if not isinstance(source.end, Pod):
        return json.loads(run(*_outside("dial", {"source": source.end.address, "targets": targets})))
    words = ["python3", f"/packets/{PROGRAM.name}", "dial", json.dumps({"source": None, "targets": targets})]
    return json.loads(kubectl("exec", "--namespace", source.end.namespace, name_of(source), "--", *words))


def _outside(verb: str, given: Mapping[str, object]) -> tuple[str, ...]:
    return "ip", "netns", "exec", OUTSIDE, sys.executable, str(PROGRAM), verb, json.dumps(given)


def wait_for(namespaces: Iterable[str]) -> None:
    for namespace in namespaces:
        eventually("there are probes", lambda at=namespace: bool(objects("pod", at, "--selector=probe=packets")), 10)
        kubectl(
            "wait",
            "pod",
            "--selector=probe=packets",
            "--for=condition=Ready",
            "--timeout=90s",
            "--namespace",
            namespace,
        )


def remove(namespaces: Iterable[str], from_others: Iterable[str]) -> None:
    kubectl("delete", "namespace", "--wait=false", "--ignore-not-found", *namespaces)
    for namespace in from_others:
        kubectl("delete", "pod,configmap", "--wait=false", "--selector=probe=packets", "--namespace", namespace)
