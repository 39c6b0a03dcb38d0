"""A real API server holds the hub to what users' servers are: the pod KubeSpawner makes passes, and each bend of it fails."""

import asyncio
import copy
import json
import re
import secrets
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from kubernetes_asyncio.client import ApiClient
from kubespawner.clients import load_config

from components.network.admission import CLAIM_RULES, Allowed, pod_rules
from hub.server_traits import server_traits
from hub.settings import SETTINGS_FILE, HubSettings
from hub.spawner import PlatformSpawner
from lab.paths import KUBECONFIG, KUBECTL
from preview.recorder import inventory
from tests.e2e.cluster import eventually, kubectl
from tests.hub.spawned import Hub, User
from tests.lab.bends import (
    CLAIMS,
    IMAGE,
    PODS,
    REGISTRY,
    RIGHTS,
    Bend,
    Manifest,
    container,
    image_of,
    no_owner,
    spec,
)

pytestmark = pytest.mark.lab

POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
HUBS = (*POLICIES, "ServiceAccount", "Role", "RoleBinding")
MORE: Manifest = {
    "users": {
        "discovery": {"url": "http://control.elsewhere:8000", "registries": [REGISTRY], "refresh": "1m"},
        "profiles": [{"name": "small", "choices": {"kind": "discovered"}}],
    },
    "storage": {
        "volumes": [
            {
                "kind": "clone",
                "name": "examples",
                "repository": "https://git.example.org/examples.git",
                "size": "1Gi",
                "mount": "/home/jovyan/examples",
            }
        ]
    },
    "services": [
        {
            "kind": "generic",
            "name": "figures",
            "host": "figures.elsewhere",
            "port": 8000,
            "secrets": [{"name": "FIGURES_KEY", "value": {"kind": "existing", "name": "figures-key", "key": "key"}}],
        }
    ],
}
"""What a server can have beside dev's: a clone that is made ready first, a file with a credential, one with addresses."""

HEARD = r"with binding '\S+-heard': (.*)"
NEVER = (
    ("patch", "pods", "users"),
    ("update", "pods", "users"),
    ("create", "pods/exec", "users"),
    ("get", "pods/log", "users"),
    ("patch", "pods/ephemeralcontainers", "users"),
    ("delete", "persistentvolumeclaims", "users"),
    ("get", "secrets", "users"),
    ("create", "serviceaccounts/token", "users"),
    ("create", "rolebindings", "users"),
    ("create", "deployments", "users"),
    ("delete", "networkpolicies", "users"),
    ("list", "pods", "platform"),
    ("get", "secrets", "platform"),
    ("create", "pods", "platform"),
    ("create", "pods", "elsewhere"),
    ("list", "namespaces", "elsewhere"),
    ("delete", "validatingadmissionpolicies", "elsewhere"),
)


@dataclass(frozen=True)
class Stack:
    """The rights and rules of a stack of its own, in namespaces that nothing else guards."""

    name: str
    manifests: tuple[Manifest, ...]

    @property
    def users(self) -> str:
        return f"{self.name}-users"

    @property
    def hub(self) -> str:
        return f"system:serviceaccount:{self.name}:hub"

    @property
    def settings(self) -> HubSettings:
        [told] = [found["data"][SETTINGS_FILE.name] for found in self.manifests if found["kind"] == "ConfigMap"]
        return HubSettings.model_validate_json(told)

    def kubectl(self, *words: str, given: Manifest | None = None) -> tuple[int, str]:
        line = [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), "--namespace", self.users, f"--as={self.hub}"]
        done = subprocess.run([*line, *words], input=json.dumps(given), capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def ask(self, manifest: Manifest) -> tuple[int, str, set[str]]:
        code, said = self.kubectl("create", "--dry-run=server", "--filename=-", given=manifest)
        return code, said, set(re.findall(HEARD, said))

    def refuses_aloud(self, manifest: Manifest) -> bool:
        code, _, complaints = self.ask(manifest)
        return code != 0 and bool(complaints)

    def create(self, manifest: Manifest) -> tuple[bool, set[str]]:
        """Whether the API server takes it, and everything the rules say against it."""
        code, said, complaints = self.ask(manifest)
        assert code == 0 or "denied request" in said, said
        assert code == 0 or any(complaint in said.partition("denied request: ")[2] for complaint in complaints), said
        return code == 0, complaints


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    name = f"admission-{secrets.token_hex(3)}"
    file = tmp_path_factory.mktemp("stack") / "Pulumi.admission.yaml"
    found = {"labels": {"found": "yes"}, "namespaces": [f"{name}-found"], "file": "/home/jovyan/.config/services.sh"}
    given: Manifest = {"extends": "dev", "namespace": {"name": name}, "service_discovery": found, **MORE}
    file.write_text(yaml.safe_dump({"config": {"jupyterhub:settings": given}}))
    declared = inventory("admission", stack_file=file, known=True)
    manifests = tuple(dict(resource.inputs) for resource in declared.resources if resource.is_kubernetes)
    made = Stack(name, manifests)
    applied = [found for found in manifests if found["kind"] in HUBS]
    # The same binding once more, which refuses nothing and repeats every complaint there is.
    heard = [copy.deepcopy(found) for found in applied if found["kind"] == "ValidatingAdmissionPolicyBinding"]
    for binding in heard:
        binding["metadata"]["name"] += "-heard"
        binding["spec"]["validationActions"] = ["Warn"]
    names = (name, made.users, f"{name}-found")
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": each}} for each in names]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "somebody", "namespace": made.users}}
    everything = {"apiVersion": "v1", "kind": "List", "items": [*spaces, account, *applied, *heard]}
    try:
        kubectl("apply", "--filename=-", given=json.dumps(everything))
        kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", made.users, "--timeout=30s")
        bad = pod(made, spec(hostPID=True)), claim(made, no_owner)
        eventually("the rules are in force", lambda: all(made.refuses_aloud(each) for each in bad), 30)
        yield made
    finally:
        cluster_wide = [found for found in [*applied, *heard] if found["kind"] in POLICIES]
        gone = {"apiVersion": "v1", "kind": "List", "items": [*cluster_wide, *spaces]}
        kubectl("delete", "--wait=false", "--filename=-", given=json.dumps(gone))


def pod(stack: Stack, bend: Bend = lambda _pod: None) -> Manifest:
    """What KubeSpawner makes for a user of this stack, bent."""
    made = asyncio.run(manifests_of(stack.settings))[0]
    bend(made)
    return made


def claim(stack: Stack, bend: Bend = lambda _claim: None) -> Manifest:
    made = asyncio.run(manifests_of(stack.settings))[1]
    bend(made)
    return made


async def manifests_of(settings: HubSettings) -> tuple[Manifest, Manifest]:
    table = {line.name: line.value for line in server_traits(settings) if line.owner == "PlatformSpawner"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(KUBECONFIG))
        load_config.cache_clear()
        spawner = PlatformSpawner(_mock=True, user=User(), hub=Hub(), **table)
        async with ApiClient() as client:
            plain = [client.sanitize_for_serialization(found) for found in await both(spawner)]
    return plain[0], plain[1]


async def both(spawner: PlatformSpawner) -> tuple[object, object]:
    return await spawner.get_pod_manifest(), spawner.get_pvc_manifest()


def test_what_kubespawner_makes_is_let_in(stack: Stack) -> None:
    made = pod(stack)
    kinds = {next(iter(found.keys() - {"name"})) for found in made["spec"]["volumes"]}
    assert kinds == {"persistentVolumeClaim", "emptyDir", "secret", "downwardAPI"}
    assert {first["image"] for first in made["spec"]["initContainers"]} == {stack.settings.servers.workspace_image}
    assert stack.create(made) == (True, set())
    assert stack.create(claim(stack)) == (True, set())


@pytest.mark.parametrize("name", ["notebook", "deep/er/notebook:1", f"notebook@sha256:{'0' * 64}"])
def test_an_image_that_is_found_in_the_registry_is_let_in(stack: Stack, name: str) -> None:
    assert stack.create(pod(stack, container(image=f"{REGISTRY}/{name}"))) == (True, set())


@pytest.mark.parametrize(("bend", "reason"), [row[1:] for row in PODS], ids=[row[0] for row in PODS])
def test_a_bent_pod_is_refused_for_its_one_reason(stack: Stack, bend: Bend, reason: str) -> None:
    assert stack.create(pod(stack, bend)) == (False, {reason})


@pytest.mark.parametrize(("bend", "reason"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS])
def test_a_bent_claim_is_refused_for_its_one_reason(stack: Stack, bend: Bend, reason: str) -> None:
    assert stack.create(claim(stack, bend)) == (False, {reason})


def test_every_rule_is_the_only_one_to_refuse_something() -> None:
    assert {reason for _, _, reason in PODS} == {rule.message for rule in pod_rules(Allowed(images=()))}
    assert {reason for _, _, reason in CLAIMS} == {rule.message for rule in CLAIM_RULES}


def test_the_rules_are_about_the_hub_alone(stack: Stack) -> None:
    bent = json.dumps(pod(stack, spec(hostPID=True)))
    said = kubectl("create", "--dry-run=server", "--filename=-", "--namespace", stack.users, given=bent)
    assert "created" in said


@pytest.fixture
def right_to_add_containers(stack: Stack) -> Generator[None]:
    """Which the hub has not."""
    right = ("--verb=update", "--resource=pods/ephemeralcontainers")
    kubectl("create", "role", "more", *right, "--namespace", stack.users)
    account = f"--serviceaccount={stack.name}:hub"
    kubectl("create", "rolebinding", "more", "--role=more", account, "--namespace", stack.users)
    yield
    kubectl("delete", "rolebinding,role", "more", "--namespace", stack.users)


@pytest.mark.usefixtures("right_to_add_containers")
def test_a_container_added_later_is_held_to_the_same(stack: Stack) -> None:
    sleeping = json.dumps(asleep(pod(stack)))
    there = json.loads(kubectl("create", "-f-", "--output=json", "--namespace", stack.users, given=sleeping))
    path = f"/api/v1/namespaces/{stack.users}/pods/jupyter-ann/ephemeralcontainers?dryRun=All"

    def add(**fields: Any) -> tuple[int, str]:
        there["spec"]["ephemeralContainers"] = [{"name": "more", **fields}]
        return stack.kubectl("replace", f"--raw={path}", "--filename=-", given=there)

    code, said = add(image="docker.io/library/busybox")
    assert code == 1
    assert set(re.findall(HEARD, said)) == {IMAGE, RIGHTS}
    code, said = add(image=image_of(there), securityContext={"allowPrivilegeEscalation": False})
    assert code == 0, said


def asleep(pod: Manifest) -> Manifest:
    """Never to be started: nothing schedules it."""
    return {**pod, "spec": {**pod["spec"], "schedulerName": "nobody"}}


def test_the_hub_has_the_rights_that_spawning_needs_and_no_other(stack: Stack) -> None:
    listed = kubectl("auth", "can-i", "--list", "--namespace", stack.users, f"--as={stack.hub}", "--no-headers")
    resources = {line.split()[0]: set(re.findall(r"\w+", line.rpartition("[")[2])) for line in listed.splitlines()}
    # What every account of a cluster may do: ask about itself, and read what the API server serves.
    everybody = {name for name in resources if name.startswith(("self", "["))}
    assert {name: verbs for name, verbs in resources.items() if name not in everybody} == {
        "pods": {"get", "list", "watch", "create", "delete"},
        "persistentvolumeclaims": {"get", "list", "watch", "create"},
        "events": {"get", "list", "watch"},
    }
    for verb, what, namespace in NEVER:
        where = {"platform": stack.name, "users": stack.users, "elsewhere": "default"}[namespace]
        resource, _, part = what.partition("/")
        asked = (verb, resource, f"--subresource={part}", "--namespace", where)
        code, said = stack.kubectl("auth", "can-i", *asked)
        assert (code, "no" in said.split()) == (1, True), (asked, said)


def test_the_rules_are_sound(stack: Stack) -> None:
    """The API server found nothing wrong with any expression."""
    for found in policies(stack):
        name = found["metadata"]["name"]
        status = json.loads(kubectl("get", "validatingadmissionpolicy", name, "--output=json"))["status"]
        assert status["typeChecking"] == {}, name


def policies(stack: Stack) -> Iterator[Manifest]:
    return (found for found in stack.manifests if found["kind"] == "ValidatingAdmissionPolicy")
