"""The running lab does what a cluster does: names, volumes, policies with real packets, and outages that end."""

import secrets
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from ipaddress import ip_network
from pathlib import Path

import pytest

from lab import build, cgroups, paths, process
from lab.commands import run, try_run
from tests.e2e.cluster import eventually, kubectl
from tests.lab.try_out import PORT, READY_SECONDS, Namespace, new_namespace, pod

pytestmark = pytest.mark.lab

SETTLE_SECONDS = 3
NAME_SERVER = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}


@pytest.fixture(scope="module")
def make_namespace() -> Generator[Callable[[], Namespace]]:
    with ExitStack() as made:
        yield lambda: made.enter_context(new_namespace("lab"))


@pytest.fixture
def namespace(make_namespace: Callable[[], Namespace]) -> Namespace:
    return make_namespace()


def lab(*arguments: str) -> str:
    line = ["python3", "-m", "lab", *arguments]
    done = subprocess.run(line, cwd=paths.HERE.parent, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_up_again_changes_nothing_and_takes_a_moment() -> None:
    before = {name: process.running(name) for name in process.all_names()}
    begun = time.monotonic()
    lab("up")
    assert time.monotonic() - begun < 10
    assert {name: process.running(name) for name in process.all_names()} == before
    assert "is not running" not in "".join(line for line in lab("status").splitlines(True) if "registry" not in line)


def test_a_part_that_died_is_started_again() -> None:
    found = process.running("storage")
    assert found
    process.stop("storage")
    assert "storage" not in process.all_names()
    lab("up")
    again = process.running("storage")
    assert again
    assert again != found


def test_an_interrupted_up_is_taken_up_again() -> None:
    """Killed between any two steps, `up` leaves nothing that the next one does not know."""
    names = ("storage", "kube-scheduler")
    for delay in (0.15, 0.25, 0.35, 0.5, 0.8):
        for name in names:
            process.stop(name)
        with subprocess.Popen(("python3", "-m", "lab", "up"), cwd=paths.HERE.parent, stdout=subprocess.DEVNULL) as up:
            time.sleep(delay)
            up.kill()
        lab("up")
        for name in names:
            found = process.running(name)
            assert found
            assert daemons_called(name) == [found.pid]


def daemons_called(name: str) -> list[int]:
    """Processes of the machine, not of a pod, that run this program of the lab."""
    command = [str(build.target() / "node").encode(), name.encode()]
    found: list[int] = []
    for pid in cgroups.members():
        with suppress(FileNotFoundError):  # it ended since it was listed
            if Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:2] == command:
                found.append(pid)
    return found


def test_names_services_and_the_api_are_reached_from_a_pod(namespace: Namespace) -> None:
    address = namespace.pod("server")
    namespace.pod("client")
    namespace.kubectl("expose", "pod", "server", "--port=80", "--target-port=web")
    service = namespace.kubectl("get", "service", "server", "--output", "jsonpath={.spec.clusterIP}")
    full = f"server.{namespace.name}.svc.cluster.local"
    eventually("the name is known", lambda: namespace.probe("client", "resolve", full) == service, SETTLE_SECONDS + 5)
    assert namespace.probe("client", "dial", "tcp", "server:80") == "server"
    assert namespace.probe("client", "dial", "udp", f"{address}:{PORT}") == "server"
    assert namespace.probe("client", "resolve", "kubernetes.default.svc.cluster.local") == paths.API_SERVICE
    assert namespace.probe("client", "resolve", "absent.default.svc.cluster.local") is None


def test_a_volume_outlives_its_pod_and_not_its_claim(namespace: Namespace) -> None:
    namespace.claim("home", "lab-rwo", "ReadWriteOnce")
    namespace.pod("first", "home")
    assert namespace.probe("first", "write", "/home/file", "kept") is not None
    namespace.kubectl("delete", "pod", "first")
    namespace.pod("second", "home")
    assert namespace.probe("second", "read", "/home/file") == "kept"

    [directory] = paths.VOLUMES.glob(f"{namespace.name}.home.*")
    assert (directory / "file").stat().st_uid == 1000
    namespace.kubectl("delete", "pod", "second")
    namespace.kubectl("delete", "pvc", "home")
    eventually("the data is deleted", lambda: not directory.exists(), 10)


def test_a_shared_volume_is_written_by_two_pods(namespace: Namespace) -> None:
    namespace.claim("shared", "lab-rwx", "ReadWriteMany")
    namespace.pod("one", "shared")
    namespace.pod("two", "shared")
    assert namespace.probe("one", "write", "/shared/a", "from one") is not None
    assert namespace.probe("two", "write", "/shared/b", "from two") is not None
    assert namespace.probe("one", "read", "/shared/b") == "from two"
    assert namespace.probe("two", "read", "/shared/a") == "from one"


def test_a_claim_grows(namespace: Namespace) -> None:
    namespace.claim("home", "lab-rwo", "ReadWriteOnce", "1Gi")
    namespace.kubectl("wait", "pvc/home", "--for=jsonpath={.status.phase}=Bound", "--timeout=30s")
    namespace.claim("home", "lab-rwo", "ReadWriteOnce", "3Gi")
    namespace.kubectl("wait", "pvc/home", "--for=jsonpath={.status.capacity.storage}=3Gi", "--timeout=30s")
    volume = namespace.kubectl("get", "pvc", "home", "--output", "jsonpath={.spec.volumeName}")
    assert kubectl("get", "pv", volume, "--output", "jsonpath={.spec.capacity.storage}") == "3Gi"


def test_a_class_refuses_what_it_cannot_give(namespace: Namespace) -> None:
    namespace.claim("shared", "lab-rwo", "ReadWriteMany")
    eventually("an event says so", lambda: "cannot give ReadWriteMany" in namespace.kubectl("get", "events"), 10)
    assert namespace.kubectl("get", "pvc", "shared", "--output", "jsonpath={.status.phase}") == "Pending"


def test_policies_hold_for_real_packets(make_namespace: Callable[[], Namespace]) -> None:
    ours, theirs = make_namespace(), make_namespace()
    user = ours.pod("user")
    hub, stranger = ours.pod("hub"), theirs.pod("stranger")
    assert ours.reaches("hub", f"{user}:{PORT}")
    assert theirs.reaches("stranger", f"{user}:{PORT}")

    ours.policy("closed", podSelector={}, policyTypes=["Ingress", "Egress"])
    eventually("nothing comes in", lambda: not theirs.reaches("stranger", f"{user}:{PORT}"), SETTLE_SECONDS)
    assert not ours.reaches("hub", f"{user}:{PORT}")
    assert not ours.reaches("user", f"{stranger}:{PORT}")
    assert not ours.reaches("user", f"{stranger}:{PORT}", "udp")
    assert not ours.reaches("user", f"{paths.NODE_ADDRESS}:{paths.API_PORT}")
    assert theirs.reaches("stranger", f"{stranger}:{PORT}")

    ports = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
    ours.policy("names", podSelector={}, policyTypes=["Egress"], egress=[{"to": [NAME_SERVER], "ports": ports}])
    to_hub, to_user = ({"podSelector": {"matchLabels": {"app": app}}} for app in ("hub", "user"))
    ours.policy("hub-out", **to_hub, policyTypes=["Egress"], egress=[{"to": [to_user], "ports": [{"port": "web"}]}])
    ours.policy("user-in", **to_user, ingress=[{"from": [to_hub], "ports": [{"port": 8000, "endPort": 8100}]}])
    eventually("the hub reaches the user", lambda: ours.reaches("hub", f"{user}:{PORT}"), SETTLE_SECONDS)
    assert ours.probe("user", "resolve", "kubernetes.default.svc.cluster.local") == paths.API_SERVICE
    assert not ours.reaches("hub", f"{user}:{PORT}", "udp")
    assert not ours.reaches("user", f"{hub}:{PORT}")
    assert not theirs.reaches("stranger", f"{user}:{PORT}")


def test_a_policy_holds_from_a_pods_first_packet(make_namespace: Callable[[], Namespace]) -> None:
    """Pods that send at once, while nobody has told the API their address yet: a free one is heard, a closed one not."""
    free, closed = make_namespace(), make_namespace()
    server = free.pod("server")
    closed.policy("closed", podSelector={}, policyTypes=["Egress"])
    for namespace, phase in ((free, "Succeeded"), (closed, "Failed")):
        for number in range(3):
            namespace.apply(pod(f"hasty-{number}", (), ("dial", "tcp", f"{server}:{PORT}")))
        for number in range(3):
            waited = f"--for=jsonpath={{.status.phase}}={phase}"
            namespace.kubectl("wait", f"pod/hasty-{number}", waited, f"--timeout={READY_SECONDS}")


@pytest.fixture
def unused() -> str:
    """An address that no pod has, and no pod is likely to get within the next seconds."""
    given = kubectl("get", "pods", "--all-namespaces", "--output", "jsonpath={.items[*].status.podIP}").split()
    return secrets.choice([str(host) for host in ip_network(paths.POD_RANGE).hosts() if str(host) not in given][1:])


@pytest.fixture
def stranger(unused: str) -> Generator[Callable[[str], bool]]:
    """A machine on the pods' bridge that is no pod; tells whether it reaches a pod's address."""
    name, address = "lab-stranger", f"{unused}/{ip_network(paths.POD_RANGE).prefixlen}"
    for line in (
        f"ip netns add {name}",
        f"ip link add {name} type veth peer name eth0 netns {name}",
        f"ip link set {name} master {paths.BRIDGE} up",
        f"ip -n {name} address add {address} dev eth0",
        f"ip -n {name} link set eth0 up",
    ):
        run(*line.split())
    probe = ("ip", "netns", "exec", name, build.target() / "node", "probe", "dial", "tcp")
    yield lambda pod: try_run(*probe, f"{pod}:{PORT}").returncode == 0
    run("ip", "link", "delete", name)
    run("ip", "netns", "delete", name)


def test_an_address_that_no_pod_was_given_is_cut_off(
    namespace: Namespace, unused: str, stranger: Callable[[str], bool]
) -> None:
    """Also where no policy selects anything: nobody can say yet what would select it."""
    server = namespace.pod("server")
    assert not stranger(server)
    run("nft", "add", "element", "inet", "jhlab-policies", "pods", f"{{ {unused} }}")
    assert stranger(server)
    run("nft", "delete", "element", "inet", "jhlab-policies", "pods", f"{{ {unused} }}")


def test_a_policy_that_cannot_be_enforced_is_refused_aloud(namespace: Namespace) -> None:
    address = namespace.pod("server")
    namespace.pod("client")
    behind = [{"to": [{"ipBlock": {"cidr": paths.POD_RANGE}}], "ports": [{"port": "web"}]}]
    namespace.policy("odd", podSelector={"matchLabels": {"app": "client"}}, policyTypes=["Egress"], egress=behind)
    eventually("an event says so", lambda: "NotEnforceable" in namespace.kubectl("get", "events"), 10)
    assert not namespace.reaches("client", f"{address}:{PORT}")


def test_the_api_server_comes_back_with_what_it_knew(namespace: Namespace) -> None:
    namespace.pod("server")
    before = process.running("kube-apiserver")
    lab("pause-api", "3")
    assert process.running("kube-apiserver") != before
    assert namespace.kubectl("get", "pod", "server", "--output", "jsonpath={.status.phase}") == "Running"
    assert namespace.probe("server", "dial", "tcp", f"localhost:{PORT}") == "server"


def test_a_pod_is_in_the_labs_own_control_groups() -> None:
    groups = [tree for tree in Path("/sys/fs/cgroup").glob(f"*/{paths.CGROUP}/kubepods") if tree.is_dir()]
    groups += [tree for tree in (Path("/sys/fs/cgroup") / paths.CGROUP / "kubepods",) if tree.is_dir()]
    assert groups
