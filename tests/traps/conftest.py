"""Two hubs side by side on the lab, in namespaces of their own: one as released, one ours."""

import asyncio
import json
import secrets
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from images.catalogue import lab_reference
from tests.traps.gate import Gate
from tests.traps.hubs import NODE, HostHub, proxy_command

CACHE = Path.home() / ".cache" / "jupyterhub-platform"
KUBECONFIG = CACHE / "lab" / "kubeconfig"
KINDS = ("plain", "ours")
LABEL = "jupyterhub-platform/tests=traps"


class Kubectl:
    """What the cluster itself holds, past every hub and gate."""

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        command = [str(CACHE / "bin" / "kubectl"), "--kubeconfig", str(KUBECONFIG), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def items(self, kind: str, namespace: str) -> dict[str, dict[str, Any]]:
        found = json.loads(self("get", kind, "-n", namespace, "-o", "json"))["items"]
        return {item["metadata"]["name"]: item for item in found}

    def pod(self, namespace: str) -> dict[str, Any]:
        """The one pod of a namespace; empty when there is none."""
        pods = list(self.items("pods", namespace).values())
        assert len(pods) <= 1
        return pods[0] if pods else {}


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    kubectl = Kubectl()
    if not KUBECONFIG.exists() or shutil.which("npm") is None:
        pytest.skip("the traps need the lab (`make lab`) and npm")
    return kubectl


@pytest.fixture
def namespaces(kubectl: Kubectl) -> Iterator[dict[str, str]]:
    """One for each hub, as strict as the users' own."""
    # What an interrupted run left behind.
    kubectl("delete", "namespaces", "-l", LABEL, "--wait=false")
    names = {kind: f"traps-{kind}-{secrets.token_hex(3)}" for kind in KINDS}
    for name in names.values():
        kubectl("create", "namespace", name)
        kubectl("label", "namespace", name, LABEL, "pod-security.kubernetes.io/enforce=restricted")
    yield names
    for name in names.values():
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
async def gate(kubectl: Kubectl) -> AsyncIterator[Gate]:
    gate = Gate(NODE, 6443)
    await gate.open()
    yield gate
    await gate.close()


@pytest.fixture
def make_hub(gate: Gate, namespaces: dict[str, str], tmp_path: Path) -> Callable[[str], HostHub]:
    """A hub behind the gate, with its proxy; the one user is known, and has no server."""
    kubeconfig = tmp_path / "kubeconfig"
    config = json.loads(KUBECONFIG.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{gate.port}"
    kubeconfig.write_text(json.dumps(config))
    port = free_ports(3 * len(KINDS))

    def make(kind: str) -> HostHub:
        command, first = proxy_command(CACHE, plain_paths=kind == "ours"), port + 3 * KINDS.index(kind)
        hub = HostHub(kind, tmp_path / kind, namespaces[kind], lab_reference("notebook"), kubeconfig, command, first)
        hub.prepare()
        hub.start_proxy()
        hub.start()
        return hub

    return make


@pytest.fixture
async def hubs(make_hub: Callable[[str], HostHub]) -> AsyncIterator[dict[str, HostHub]]:
    """Both side by side."""
    hubs = {kind: make_hub(kind) for kind in KINDS}
    try:
        await both(hubs, HostHub.wait)
        yield hubs
    finally:
        for hub in hubs.values():
            end(hub)


@pytest.fixture
async def ours(make_hub: Callable[[str], HostHub]) -> AsyncIterator[HostHub]:
    """Ours alone."""
    hub = make_hub("ours")
    try:
        await hub.wait()
        yield hub
    finally:
        end(hub)


def end(hub: HostHub) -> None:
    hub.end()
    print(f"--- the {hub.kind} hub's log ---\n{hub.log()[-20000:]}")


async def both(hubs: dict[str, HostHub], action: Callable[[HostHub], Any]) -> None:
    await asyncio.gather(*(action(hub) for hub in hubs.values()))


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for first in range(20000, 30000, count):
        taken = False
        for port in range(first, first + count):
            for host in (NODE, "127.0.0.1"):
                with socket.socket() as probe:
                    taken = taken or probe.connect_ex((host, port)) == 0
        if not taken:
            return first
    raise RuntimeError("no free port")
