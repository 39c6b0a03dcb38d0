"""Two hubs side by side on the lab, in namespaces of their own: one as released, one ours."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from images.catalogue import lab_reference
from tests.traps.gate import Gate
from tests.traps.hubs import NODE, HostHub, proxy_program

CACHE = Path.home() / ".cache" / "jupyterhub-platform"
KUBECONFIG = CACHE / "lab" / "kubeconfig"
KINDS = ("plain", "ours")


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
    names = {kind: f"traps-{kind}" for kind in KINDS}
    for name in names.values():
        kubectl("delete", "namespace", name, "--ignore-not-found")
        kubectl("create", "namespace", name)
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
async def hubs(gate: Gate, namespaces: dict[str, str], tmp_path: Path) -> AsyncIterator[dict[str, HostHub]]:
    """Both hubs behind the gate, served, each with the user known and no server running."""
    kubeconfig = tmp_path / "kubeconfig"
    config = json.loads(KUBECONFIG.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{gate.port}"
    kubeconfig.write_text(json.dumps(config))
    program, image, port = proxy_program(CACHE), lab_reference("notebook"), free_ports(3 * len(KINDS))
    hubs = {
        kind: HostHub(kind, tmp_path / kind, namespaces[kind], image, kubeconfig, program, port + 3 * index)
        for index, kind in enumerate(KINDS)
    }
    for hub in hubs.values():
        hub.prepare()
        hub.start_proxy()
        hub.start()
    try:
        await both(hubs, lambda hub: hub.wait())
        yield hubs
    finally:
        for hub in hubs.values():
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
