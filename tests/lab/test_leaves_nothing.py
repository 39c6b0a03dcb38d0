"""`lab down` takes everything back. It stops the lab for everybody, so it runs in `make soak` only."""

import json
import os
import secrets
import subprocess
from pathlib import Path

import pytest

from lab import build, cgroups, machine, paths
from tests.e2e.cluster import eventually, kubectl
from tests.lab.test_cluster import lab
from tests.lab.try_out import Namespace

pytestmark = pytest.mark.soak

PLACES = ("/run", "/run/netns", "/var/lib", "/var/log", "/etc", "/etc/cni", "/etc/cni/net.d", "/usr/sbin")
# The programs of the node, and what its pods are made of; a `kubectl` that somebody started is not the lab's.
OURS = (str(build.target() / "node"), "/usr/bin/containerd", "/pause", "/node")


def snapshot() -> dict[str, list[str]]:
    """Everything on the machine that a node could leave behind."""
    return {
        "mounts": [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()],
        "interfaces": sorted(path.name for path in Path("/sys/class/net").iterdir()),
        "routes": output("ip", "route", "show", "table", "all").splitlines(),
        "tables": output("nft", "list", "tables").splitlines(),
        "control groups": sorted(
            str(path) for tree in cgroups.hierarchies() for path in tree.glob(f"*{paths.CGROUP}*")
        ),
        "settings": [f"{name}={machine.setting(name).read_text().strip()}" for name in sorted(machine.SETTINGS)],
        "processes": processes(),
        "files": sorted(str(path) for place in PLACES if Path(place).is_dir() for path in Path(place).iterdir()),
    }


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def processes() -> list[str]:
    """What living programs of the lab were started with."""
    lines: list[str] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if line.startswith(OURS):
                lines.append(line)
    return sorted(lines)


def used(namespace: Namespace) -> None:
    """Have pods, volumes, a Service and a policy."""
    namespace.claim("home", "lab-rwo", "ReadWriteOnce")
    namespace.pod("keeper", "home")
    assert namespace.probe("keeper", "write", "/home/file", "kept") is not None
    namespace.kubectl("expose", "pod", "keeper", "--port=80", "--target-port=web")
    namespace.policy("closed", podSelector={})


def test_down_leaves_nothing_and_up_brings_everything_back() -> None:
    lab("down")
    before = snapshot()
    assert before["processes"] == []
    assert not [name for name in before["interfaces"] if name.startswith(paths.CGROUP)]
    assert not [table for table in before["tables"] if "jhlab" in table or "kube-proxy" in table]
    assert before["control groups"] == []

    lab("up")
    namespace = Namespace(f"lab-{secrets.token_hex(3)}")
    kubectl("create", "namespace", namespace.name)
    used(namespace)
    assert snapshot() != before
    lab("down")
    eventually("every process has ended", lambda: processes() == [], 10)
    assert snapshot() == before

    lab("up")
    claim = json.loads(namespace.kubectl("get", "pvc", "home", "--output", "json"))
    assert claim["status"]["phase"] == "Bound"
    [directory] = paths.VOLUMES.glob(f"{namespace.name}.home.*")
    assert (directory / "file").read_text() == "kept"
    namespace.kubectl("wait", "pod/keeper", "--for=jsonpath={.status.phase}=Failed", "--timeout=60s")
    kubectl("delete", "namespace", namespace.name)


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.0, 1.5, 2.5, 4.0, 6.0])
def test_up_and_down_killed_at_any_moment_are_taken_up_again(seconds: float) -> None:
    for command in ("down", "up"):
        with subprocess.Popen(
            ("python3", "-m", "lab", command), cwd=paths.HERE.parent, stdout=subprocess.DEVNULL
        ) as one:
            try:
                one.wait(seconds)
            except subprocess.TimeoutExpired:
                one.kill()
        lab(command)
