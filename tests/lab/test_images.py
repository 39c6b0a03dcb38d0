"""The images as pods of the lab, under Pod Security `restricted` and with nothing writable but what is mounted."""

import json
import secrets
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from images import catalogue
from lab.paths import KUBECONFIG, KUBECTL
from tests.e2e.cluster import kubectl

pytestmark = pytest.mark.lab

Volume = dict[str, Any]
NAMES = sorted(catalogue.CONTEXTS)
HOME_CHECK = Path(__file__).with_name("notebook_home.py")
READY_SECONDS = "120s"


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    load()


def load() -> str:
    line = ("python3", "-m", "images", "load")
    return subprocess.run(line, cwd=catalogue.REPOSITORY, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def namespace() -> Generator[str]:
    name = f"images-{secrets.token_hex(3)}"
    apply(
        {"v1/Namespace": {"metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}}
    )
    # A pod made before its account is refused.
    kubectl("wait", "--namespace", name, "--for=create", "serviceaccount/default", f"--timeout={READY_SECONDS}")
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def apply(objects: Mapping[str, Mapping[str, Any]]) -> None:
    """Create the objects, by API version and kind."""
    for kind, rest in objects.items():
        version, _, name = kind.rpartition("/")
        kubectl(
            "apply", "--server-side", "--filename=-", given=json.dumps({"apiVersion": version, "kind": name, **rest})
        )


def start(
    namespace: str,
    name: str,
    image: str,
    *,
    writable: Mapping[str, Volume] | None = None,
    init: Sequence[str] = (),
    **container: object,
) -> None:
    """Start a pod as strict as a namespace can ask for, with the user that the image names."""
    volumes: dict[str, Volume] = {"/tmp": {"emptyDir": {}}, **(writable or {})}  # noqa: S108 - inside the pod
    mounts = [{"name": f"v{number}", "mountPath": path} for number, path in enumerate(volumes)]
    strict = {
        "image": catalogue.lab_reference(image),
        "imagePullPolicy": "Never",
        "volumeMounts": mounts,
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 60,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": f"v{number}", **volume} for number, volume in enumerate(volumes.values())],
        "containers": [{"name": "main", **strict, **container}],
        "initContainers": [{"name": "before", **strict, "command": [*init]}] if init else [],
    }
    apply({"v1/Pod": {"metadata": {"name": name, "namespace": namespace}, "spec": spec}})


def wait(namespace: str, pod: str, condition: str = "condition=Ready") -> None:
    kubectl("wait", "--namespace", namespace, f"pod/{pod}", f"--for={condition}", f"--timeout={READY_SECONDS}")


def stop(namespace: str, pod: str) -> float:
    """Delete a pod and say how long it took to end."""
    begun = time.monotonic()
    kubectl("delete", "pod", pod, "--namespace", namespace, "--wait=true")
    return time.monotonic() - begun


def test_loading_what_is_loaded_takes_a_moment() -> None:
    begun = time.monotonic()
    assert "the lab has the images" in load()
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("image", [name for name in NAMES if name not in catalogue.PROGRAMS])
def test_no_image_holds_a_way_to_more_rights(namespace: str, image: str) -> None:
    """Those that hold one program and no file beside it have nobody to ask."""
    look = "id -u; id -un; find / -xdev -type f -perm /6000 2>/dev/null; command -v sudo; ls /run/secrets 2>/dev/null; touch /x 2>&1"
    pod = f"rights-{image}"
    start(namespace, pod, image, command=["sh", "-c", f"{look}; exit 0"])
    wait(namespace, pod, "jsonpath={.status.phase}=Succeeded")
    user_id, user, *rest = kubectl("logs", pod, "--namespace", namespace).splitlines()
    assert (user_id, user != "root") == ("1000", True)
    assert rest == ["touch: cannot touch '/x': Read-only file system"]


def test_the_hub_has_its_code_and_its_packages(namespace: str) -> None:
    modules = ("hub.supervisor", "jupyterhub", "kubespawner", "oauthenticator", "jupyterhub_idle_culler", "psycopg2")
    start(namespace, "hub", "hub", command=["python", "-c", f"import {', '.join(modules)}"])
    wait(namespace, "hub", "jsonpath={.status.phase}=Succeeded")


def test_the_proxy_serves_and_ends_when_told(namespace: str) -> None:
    healthy = {"httpGet": {"path": "/_chp_healthz", "port": 8000}, "periodSeconds": 1}
    token = [{"name": "CONFIGPROXY_AUTH_TOKEN", "value": secrets.token_hex()}]
    start(namespace, "proxy", "proxy", args=["--ip=0.0.0.0"], env=token, readinessProbe=healthy)
    wait(namespace, "proxy")
    assert stop(namespace, "proxy") < 10


def database(namespace: str, pod: str, password: str, init: Sequence[str] = ()) -> None:
    """A Postgres on the one claim, with a password from a Secret of its own."""
    apply(
        {
            "v1/Secret": {
                "metadata": {"name": pod, "namespace": namespace},
                "stringData": {"database-password": password},
            }
        }
    )
    volumes: dict[str, Volume] = {
        "/var/lib/postgresql/data": {"persistentVolumeClaim": {"claimName": "data"}},
        "/run/secrets/jupyterhub": {"secret": {"secretName": pod}},
    }
    ready = {"exec": {"command": ["pg_isready", "-q"]}, "periodSeconds": 1}
    start(namespace, pod, "postgres", writable=volumes, init=init, readinessProbe=ready)
    wait(namespace, pod)


def sql(namespace: str, pod: str, password: str, statement: str) -> str:
    """What the hub's user is told over the network."""
    client = "psql --host 127.0.0.1 --username jupyterhub --tuples-only --no-align jupyterhub --command"
    inside = ("env", f"PGPASSWORD={password}", *client.split(), statement)
    return kubectl("exec", pod, "--namespace", namespace, "--", *inside, check=False).strip()


def test_the_database_outlives_its_pod_and_follows_its_password(namespace: str) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    apply({"v1/PersistentVolumeClaim": {"metadata": {"name": "data", "namespace": namespace}, "spec": claim}})
    cut_off = ("install", "-D", "/dev/null", "/var/lib/postgresql/data/cluster.unfinished/PG_VERSION")

    database(namespace, "first", "it's \\1", init=cut_off)
    assert sql(namespace, "first", "it's \\1", "CREATE TABLE kept AS SELECT 42 AS answer") == "SELECT 1"
    assert "password authentication failed" in sql(namespace, "first", "wrong", "SELECT 1")
    assert sql(namespace, "first", "it's \\1", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "f"
    with subprocess.Popen(client_that_stays(namespace, "first"), stdin=subprocess.PIPE) as idle:
        assert stop(namespace, "first") < 15, "an idle client must not hold the shutdown up"
        idle.wait(timeout=10)

    database(namespace, "second", "new")
    assert sql(namespace, "second", "new", "SELECT answer FROM kept") == "42"
    assert "password authentication failed" in sql(namespace, "second", "it's \\1", "SELECT 1")
    assert "was not properly shut down" not in kubectl("logs", "second", "--namespace", namespace)


def client_that_stays(namespace: str, pod: str) -> list[str]:
    inside = ("exec", "--stdin", pod, "--namespace", namespace, "--", "psql", "--username=postgres")
    return [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), *inside]


def test_a_notebook_runs_with_nothing_but_a_home(namespace: str) -> None:
    home: dict[str, Volume] = {"/home/jovyan": {"emptyDir": {}}}
    start(namespace, "notebook", "notebook", writable=home, args=["sleep", "infinity"])
    wait(namespace, "notebook")
    exec_python = ("exec", "-i", "notebook", "--namespace", namespace, "--", "python", "-")
    told = json.loads(kubectl(*exec_python, given=HOME_CHECK.read_text()).splitlines()[-1])
    assert told == {
        "the kernel computes": "42",
        "the kernel sees what the user installed": "installed by the user",
        "Python starts in a home that breaks it": False,
        "the server starts in a home that breaks Python": True,
        "process 1": "tini",
    }
    assert stop(namespace, "notebook") < 10
