"""What servers mount, tried with real pods: whose home it is, who reads and who writes what is shared."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes_asyncio.client import ApiClient, Configuration
from kubernetes_asyncio.client.models import V1Pod
from kubespawner.objects import make_pod

from components.naming import claim_of
from hub.furnish import furnish
from hub.person import Person
from hub.server_traits import GROUP_ID, USER_ID
from hub.settings import UserServers
from hub.volumes import home_made_ready, volume_parts
from images.catalogue import lab_reference
from lab.paths import KUBECONFIG, KUBECTL
from settings.load import ROOT
from tests.hub.conftest import SETTINGS
from tests.lab.try_out import Namespace, new_namespace

pytestmark = pytest.mark.lab
HOME, DATA, FAST, EXAMPLES = "/home/jovyan/work", "/mnt/data", "/home/jovyan/work/fast", "/home/jovyan/work/examples"
ANN, EVE, BOB = Person("ann", frozenset({"curators"})), Person("eve", frozenset({"analysts"})), Person("bob.x")
SHARED = {"kind": "shared", "name": "data", "claim": claim_of("data"), "mount": DATA}
VOLUMES: list[dict[str, Any]] = [
    {**SHARED, "readers": ["analysts"], "writers": ["curators"]},
    {"kind": "scratch", "name": "fast", "size": "64Mi", "mount": FAST},
    {
        "kind": "clone",
        "name": "examples",
        "repository": "http://nobody.invalid/examples.git",
        "size": "64Mi",
        "mount": EXAMPLES,
    },
]


def servers() -> UserServers:
    home = {"kind": "shared_subpath", "claim": claim_of("work"), "mount": HOME}
    image = lab_reference("workspace")
    given = {**SETTINGS["servers"], "home": home, "volumes": VOLUMES, "workspace_image": image}
    return UserServers.model_validate(given)


def server(person: Person) -> dict[str, Any]:
    """A pod as KubeSpawner makes it for this person, under the hub's rules, that does nothing."""
    pod = make_pod(
        name=person.name,
        image=lab_reference("workspace"),
        cmd=["sleep", "600"],
        port=8888,
        uid=USER_ID,
        gid=GROUP_ID,
        fs_gid=GROUP_ID,
        pod_security_context={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        container_security_context={"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        automount_service_account_token=False,
        extra_pod_config={"terminationGracePeriodSeconds": 0},
    )
    parts = volume_parts(servers(), person)
    made = furnish(pod, home_made_ready(servers(), person, parts.mounts) | parts)
    return asyncio.run(written(made))


async def written(pod: V1Pod) -> dict[str, Any]:
    async with ApiClient(Configuration()) as client:
        return client.sanitize_for_serialization(pod)


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    subprocess.run([sys.executable, "-m", "images", "load", "workspace"], cwd=ROOT, check=True)
    with new_namespace("homes") as found:
        for name in ("work", "data"):
            found.claim(claim_of(name), "lab-rwx", "ReadWriteMany")
        found.apply(*map(server, (ANN, EVE, BOB)))
        found.kubectl("wait", "pod", "--all", "--for=condition=Ready", "--timeout=120s")
        yield found


def does(namespace: Namespace, person: Person, python: str) -> str:
    """What a line of Python says in somebody's server, or the last line of its complaint."""
    where = (str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "--namespace", namespace.name, "exec", person.name, "--")
    done = subprocess.run([*where, "python3", "-c", python], check=False, capture_output=True, text=True)
    said = done.stdout or done.stderr
    return next((line for line in reversed(said.splitlines()) if "command terminated" not in line), "")


def test_a_home_is_its_users_own_and_nobody_elses(namespace: Namespace) -> None:
    for person in (ANN, EVE):
        does(namespace, person, f"open('{HOME}/private', 'w').write('of {person.name}')")
    for person in (ANN, EVE):
        everything = "import os; print(sum('private' in files for _, _, files in os.walk('/home')))"
        assert does(namespace, person, everything) == "1"
        assert does(namespace, person, f"print(open('{HOME}/private').read())") == f"of {person.name}"
    assert does(namespace, BOB, f"import os; print(sorted(os.listdir('{HOME}')))") == "['examples', 'fast']"
    assert does(namespace, BOB, f"print(len(__import__('os').listdir('{HOME}/..')))") == "1"


def test_the_mounts_in_a_home_are_the_users_and_so_is_all_they_make(namespace: Namespace) -> None:
    made = (
        f"import os; os.makedirs('{HOME}/a/b'); print([os.stat(place).st_uid for place in ('{HOME}/a', '{EXAMPLES}')])"
    )
    assert does(namespace, ANN, made) == f"[{USER_ID}, {USER_ID}]"
    assert does(namespace, ANN, f"print(open('{FAST}/new', 'w').write('room'))") == "4"
    note = does(namespace, ANN, f"print(open('{EXAMPLES}/NOT-CLONED.txt').readline().strip())")
    assert "nobody.invalid/examples.git could not be cloned" in note


def test_writers_write_readers_read_and_others_see_nothing(namespace: Namespace) -> None:
    assert does(namespace, ANN, f"print(open('{DATA}/figures', 'w').write('42'))") == "2"
    assert does(namespace, EVE, f"print(open('{DATA}/figures').read())") == "42"
    assert "Read-only file system" in does(namespace, EVE, f"open('{DATA}/figures', 'w')")
    assert "Read-only file system" in does(namespace, EVE, f"__import__('os').unlink('{DATA}/figures')")
    assert does(namespace, BOB, f"print(__import__('os').path.exists('{DATA}'))") == "False"


def test_a_home_outlives_the_server_and_scratch_does_not(namespace: Namespace) -> None:
    does(namespace, ANN, f"open('{HOME}/kept', 'w').write('1'); open('{FAST}/lost', 'w').write('1')")
    namespace.kubectl("delete", "pod", ANN.name)
    namespace.apply(server(ANN))
    namespace.kubectl("wait", "pod", ANN.name, "--for=condition=Ready", "--timeout=120s")
    exist = f"import os; print([os.path.exists(place) for place in ('{HOME}/kept', '{FAST}/lost')])"
    assert does(namespace, ANN, exist) == "[True, False]"
