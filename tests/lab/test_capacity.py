"""What the arithmetic says a quota admits is what the real API server admits: one server more is refused."""

import json
import secrets
from collections.abc import Generator
from typing import Any

import pytest
import yaml

from components.network.namespaces import quota
from settings import Settings
from settings.arithmetic import bounds
from settings.extends import merged
from settings.load import SETTINGS_KEY, stack_file
from tests.e2e.cluster import kubectl, objects

pytestmark = pytest.mark.lab
QUOTAS: dict[str, dict[str, Any]] = {
    "as prod declares it": {},
    "too small in memory": {"cpu": 100, "memory": "200Gi"},
    "too small in cpu": {"cpu": 100},
    "too small in servers": {"servers": 30},
}


@pytest.fixture
def namespace() -> Generator[str]:
    name = f"capacity-{secrets.token_hex(3)}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def prod(changes: dict[str, Any]) -> Settings:
    stack = yaml.safe_load(stack_file("prod").read_text(encoding="utf-8"))["config"][SETTINGS_KEY]
    return Settings.model_validate(merged(stack, {"namespace": {"quota": changes}}))


def server(name: str, settings: Settings) -> dict[str, Any]:
    """A pod of a server's size that no scheduler takes: the quota counts it, and no node has to hold it."""
    size = settings.users.profiles[0]
    resources = {
        "requests": {"cpu": size.cpu.guarantee, "memory": size.memory.guarantee},
        "limits": {"cpu": size.cpu.limit, "memory": size.memory.limit},
    }
    spec = {"schedulerName": "nobody", "containers": [{"name": "notebook", "image": "none", "resources": resources}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("case", QUOTAS)
def test_as_many_servers_are_admitted_as_the_arithmetic_says(case: str, namespace: str) -> None:
    settings = prod(QUOTAS[case])
    tightest = bounds(settings, settings.users.profiles[0])[0]
    kubectl("--namespace", namespace, "create", "--filename=-", given=json.dumps(_quota(settings)))
    pods = [server(f"server-{number}", settings) for number in range(tightest.servers + 1)]
    said = kubectl(
        "--namespace",
        namespace,
        "create",
        "--filename=-",
        check=False,
        given=json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}),
    )
    assert said.count("exceeded quota: user-quota") == 1, said
    assert len(objects("pod", namespace)) == tightest.servers


def _quota(settings: Settings) -> dict[str, Any]:
    spec = {"hard": quota(settings.namespace.quota, settings.storage)}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "user-quota"}, "spec": spec}
