"""The process behind a forwarded port: which pod it leads to, what cuts a connection and what does not, what is left of it."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy import cluster, forward
from deploy.forwarder import chosen
from lab.process import wait
from settings.cluster import Lab
from tests.lab.try_out import PORT, Namespace, new_namespace, platform_image, pod
from tests.ports import free_port

NAME = "forwarder"
PROGRAM = Path(__file__).with_name("answering.py")
FIRST = {"kind": "Pod", "name": "first"}
PORTS = [{"name": "web", "port": 8000}, {"name": "metrics", "port": 9000}]


def endpoints(*ready: bool, ports: object = PORTS, target: object = FIRST) -> dict[str, Any]:
    return {"ports": ports, "endpoints": [{"conditions": {"ready": one}, "targetRef": target} for one in ready]}


@pytest.mark.parametrize(
    ("slices", "port", "pod"),
    [
        ([], "", None),
        ([{"ports": PORTS, "endpoints": None}], "", None),
        ([endpoints(False)], "", None),
        ([endpoints(False, True)], "", ("first", 8000)),
        ([endpoints(False), endpoints(True)], "metrics", ("first", 9000)),
        ([endpoints(True, target={"kind": "Node", "name": "first"})], "", None),
        ([endpoints(True, ports=[{"name": None, "port": 53}])], "", ("first", 53)),
    ],
    ids=["none", "empty", "not ready", "the only port", "a named port", "no pod", "no name"],
)
def test_a_ready_pod_is_chosen(slices: list[dict[str, Any]], port: str, pod: tuple[str, int] | None) -> None:
    assert chosen(slices, port) == pod


@dataclass(frozen=True)
class Way:
    """A port of this machine that leads to pods of a namespace."""

    port: int
    there: Namespace

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def start(self, name: str) -> None:
        described = pod(name, ())
        [container] = described["spec"]["containers"]
        container["image"] = platform_image()
        container["command"] = ["python3", "-c", PROGRAM.read_text(), str(PORT)]
        container["readinessProbe"] = {"tcpSocket": {"port": PORT}, "periodSeconds": 1}
        described["metadata"]["labels"] = {"app": NAME}
        self.there.apply(described)

    def start_ready(self, name: str) -> None:
        self.start(name)
        self.there.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")

    def remove(self, name: str) -> None:
        self.there.kubectl("delete", "pod", name, "--force")


def answer(connection: socket.socket, word: bytes = b"name") -> bytes:
    connection.sendall(word)
    return connection.recv(100)


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    monkeypatch.setattr(forward, "RUN", tmp_path)
    port = free_port()
    spec = {"selector": {"app": NAME}, "ports": [{"port": 80, "targetPort": PORT}]}
    with new_namespace(NAME) as there:
        there.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec})
        forward.ensure(NAME, port, [there.name, NAME, *cluster.reach(Lab(kind="lab")).command()])
        yield Way(port, there)
        forward.stop(NAME)


@pytest.mark.lab
def test_a_connection_that_the_pod_resets_cuts_no_other(way: Way) -> None:
    way.start_ready("first")
    with way.connect() as steady:
        assert answer(steady) == b"first"
        with way.connect() as reset:
            assert answer(reset, b"reset") == b""
        for _ in range(3):
            with way.connect() as another:
                assert answer(another) == b"first"
        assert answer(steady) == b"first"


@pytest.mark.lab
def test_a_connection_waits_for_a_pod_that_is_ready(way: Way) -> None:
    way.start_ready("first")
    with way.connect() as old:
        assert answer(old) == b"first"
        way.remove("first")
        with way.connect() as waiting:
            waiting.sendall(b"name")
            way.start("second")
            assert waiting.recv(100) == b"second"
        assert old.recv(100) == b""


def stop(_: int) -> None:
    forward.stop(NAME)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.mark.lab
@pytest.mark.parametrize("end", [stop, kill])
def test_nothing_of_it_outlives_it(way: Way, end: Callable[[int], object]) -> None:
    found = forward.running(NAME)
    assert found
    assert wait(lambda: leads_to_the_api_server(way.port), 10)
    end(found.pid)
    assert wait(lambda: forward.port_is_free(way.port), 2)
    assert wait(lambda: not leads_to_the_api_server(way.port), 2)


def leads_to_the_api_server(port: int) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(forward.api_socket(port))) == 0
