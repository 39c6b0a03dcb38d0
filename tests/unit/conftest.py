"""The stacks whose generated and declared secrets are known as references, and how they are read."""

from functools import cache
from typing import Any

import pytest

from hub.settings import SETTINGS_FILE
from preview.inventory import Inventory
from preview.recorder import inventory
from settings import Settings
from settings.load import read, stack_file
from tests.conftest import UNPINNED
from tests.unit.contents import pods

SCRATCH = "/tmp"  # noqa: S108 - a directory of the pod's own


@cache
def evaluated(of: str) -> Inventory:
    return inventory(of, preview=of in UNPINNED, known=True)


@pytest.fixture(params=["dev", "e2e", "prod", "urbalurba-lab"])
def known(request: pytest.FixtureRequest) -> Inventory:
    """A stack whose generated and declared secrets are known as references."""
    return evaluated(request.param)


def settings_of(stack: Inventory) -> Settings:
    return read(stack_file(stack.stack))


def told(stack: Inventory) -> str:
    return stack.one("kubernetes:core/v1:ConfigMap", "hub-settings").inputs["data"][SETTINGS_FILE.name]


def workloads(stack: Inventory) -> dict[str, dict[str, Any]]:
    return {template["metadata"]["labels"]["app.kubernetes.io/component"]: template for _, template in pods(stack)}


def ports(container: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container["ports"]}


def mounts(template: dict[str, Any]) -> dict[str, bool]:
    """Where files are, and whether they can only be read."""
    return {
        mount["mountPath"]: mount.get("readOnly", False)
        for container in template["spec"]["containers"]
        for mount in container.get("volumeMounts", [])
    }
