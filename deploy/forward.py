"""Keeps a port of this machine connected to a Service: `python -m deploy.forward <port> <namespace> <service> <kubectl ...>`,
where `<service>:<name>` means one of several ports; `python -m deploy.forward stop` ends all of them.

A process of its own that outlives the command that starts it, and the pods it leads to. Standard library only.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from lab.paths import CACHE
from lab.process import start_time

RUN: Final = CACHE / "run"
_ROOT: Final = Path(__file__).resolve().parent.parent
_STOP_SECONDS: Final = 5.0
_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 3.0
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Forward:
    """One process that forwards, as its file describes it."""

    pid: int
    started: int
    """Clock ticks since boot: tells a recycled process id from ours."""
    port: int
    target: list[str]
    """The namespace, the Service, and the words every kubectl call begins with."""


def file_of(stack: str) -> Path:
    return RUN / f"forward-{stack}.json"


def log_of(stack: str) -> Path:
    return RUN / f"forward-{stack}.log"


def running(stack: str) -> Forward | None:
    try:
        found = Forward(**json.loads(file_of(stack).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return found if start_time(found.pid) == found.started else None


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def ensure(stack: str, port: int, target: Sequence[str]) -> bool:
    """Have it running as described; True when it had to be started."""
    found = running(stack)
    if found and (found.port, found.target) == (port, list(target)):
        return False
    stop(stack)
    RUN.mkdir(parents=True, exist_ok=True)
    log = str(log_of(stack))
    # Not a child to wait for: it outlives us.
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "deploy.forward", str(port), *target],
        {**os.environ, "PYTHONPATH": str(_ROOT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    begun = start_time(pid)
    if begun is not None:
        fresh = file_of(stack).with_suffix(".new")
        fresh.write_text(json.dumps(asdict(Forward(pid, begun, port, list(target)))))
        fresh.replace(file_of(stack))
    return True


def stop(stack: str) -> bool:
    """End it and its children; True when it ran."""
    found = running(stack)
    if found:
        os.killpg(found.pid, signal.SIGTERM)
        end = time.monotonic() + _STOP_SECONDS
        while start_time(found.pid) == found.started and time.monotonic() < end:
            time.sleep(0.05)
    file_of(stack).unlink(missing_ok=True)
    return found is not None


def stop_all() -> None:
    for path in sorted(RUN.glob("forward-*.json")):
        stop(path.stem.removeprefix("forward-"))


def serve(port: int, kubectl: Sequence[str], namespace: str, service: str) -> None:
    """Forward to a pod of the Service until that pod goes, again and again."""
    pause = _PAUSE
    while True:
        pod = _ready_pod(kubectl, namespace, service)
        if pod is None:
            time.sleep(pause)
            # What takes longer to come may be asked for less often.
            pause = min(pause * 1.2, _LONGEST_PAUSE)
            continue
        pause = _PAUSE
        name, target_port = pod
        scope = [*kubectl, f"--namespace={namespace}"]
        children = [
            _child(*scope, "port-forward", "--address=127.0.0.1", f"pod/{name}", f"{port}:{target_port}"),
            _child(*scope, "wait", "--for=delete", f"pod/{name}", "--timeout=-1s"),
        ]
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
        for child in children:
            child.terminate()
            child.wait()
        time.sleep(0.2)


def _child(*command: str) -> subprocess.Popen[bytes]:
    """Ends when this process does, however that ends: left alone it would hold the port, and nobody would know whose it is."""
    on_linux = sys.platform == "linux"
    return subprocess.Popen(command, preexec_fn=_end_with_parent if on_linux else None)  # noqa: PLW1509 - no threads here


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _ready_pod(kubectl: Sequence[str], namespace: str, service: str) -> tuple[str, int] | None:
    """A pod that the Service leads to, and its port."""
    service, _, port_name = service.partition(":")
    label = f"--selector=kubernetes.io/service-name={service}"
    command = [*kubectl, f"--namespace={namespace}", "get", "endpointslices", label, "--output=json"]
    done = subprocess.run([*command, "--request-timeout=5s"], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip(), flush=True)
        return None
    for part in json.loads(done.stdout)["items"]:
        for endpoint in part.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("ready") and endpoint.get("targetRef", {}).get("kind") == "Pod":
                ports = {port.get("name"): port["port"] for port in part["ports"]}
                return endpoint["targetRef"]["name"], ports[port_name] if port_name else next(iter(ports.values()))
    return None


if __name__ == "__main__":
    if sys.argv[1:] == ["stop"]:
        stop_all()
    else:
        port, namespace, service, *kubectl = sys.argv[1:]
        serve(int(port), kubectl, namespace, service)
