"""A change that would cost people their homes, against a real API server: refused in every way, and nothing is touched."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from deploy import kept
from settings import SettingsError
from settings.load import read
from tests.engine.checkout import Checkout
from tests.lab.left_behind import PEOPLE, leave_behind, versions

pytestmark = pytest.mark.lab
DATA = {"name": "data", "kind": "shared", "size": "1Gi", "storage_class": "lab-rwx", "mount": "/mnt/data"}
SUBPATH = {"kind": "shared_subpath", "volume": "work", "mount": "/home/jovyan/work"}
WORK = {"name": "work", "kind": "shared", "size": "1Gi", "storage_class": "lab-rwx"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("kept"), "password", **{"storage.volumes": [DATA]})
    leave_behind(checkout)
    yield checkout
    checkout.remove()


def refusals(platform: Checkout) -> dict[str, str]:
    """What the cluster's facts say against the stack file as it is now."""
    try:
        assert kept.judge(read(platform.file), platform.stack, platform.file.name, None) is None
    except SettingsError as refusal:
        return {problem.key: problem.complaint for problem in refusal.problems}
    return {}


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "homes smaller": ({"storage.home.size": "512Mi"}, "storage.home.size", PEOPLE),
    "homes in another class": ({"storage.home.storage_class": "lab-rwx"}, "storage.home.storage_class", f"stay in lab-rwo, since no claim changes its class, which affects {PEOPLE}"),
    "homes of another kind": ({"storage.home": SUBPATH, "storage.volumes": [DATA, WORK], "namespace.quota.homes": None}, "storage.home.kind", PEOPLE),
    "a volume gone": ({"storage.volumes": []}, "storage.volumes", "delete pvc volume-data"),
    "a volume renamed": ({"storage.volumes": [DATA | {"name": "figures"}]}, "storage.volumes", "'data' is gone or renamed"),
    "a volume smaller": ({"storage.volumes": [DATA | {"size": "512Mi"}]}, "storage.volumes.0.size", "3 users (admin, alice, bob)"),
    "a database smaller": ({"storage.database.size": "512Mi"}, "storage.database.size", "hub-state"),
    "another namespace": ({"namespace.name": "elsewhere"}, "namespace.name", "which affects 3 users (admin, alice, bob)"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_what_the_cluster_holds(platform: Checkout, case: str) -> None:
    change, key, words = REFUSED[case]
    with platform.changed(change):
        found = refusals(platform)
    assert list(found) == [key]
    assert words in found[key]


def test_growing_and_the_same_pass(platform: Checkout) -> None:
    assert refusals(platform) == {}
    growing = {"storage.home.size": "2Gi", "storage.volumes.0.size": "2Gi", "storage.database.size": "2Gi"}
    with platform.changed(growing):
        assert refusals(platform) == {}


@pytest.mark.parametrize("command", [("preview", "show"), ("deploy", "up")], ids=["preview", "up"])
def test_both_commands_end_with_the_refusal_and_touch_nothing(platform: Checkout, command: tuple[str, str]) -> None:
    before = versions(platform)
    words = [sys.executable, "-m", *command, f"--stack={platform.stack}"]
    environment = platform.environment | {"WAY": "kubectl"}
    with platform.changed({"storage.home.size": "512Mi", "users.internet": False}):
        done = subprocess.run(words, cwd=platform.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{platform.file.name} is refused, 1 problem:" in done.stderr
    assert f"which affects {PEOPLE}; write 1Gi or more" in done.stderr
    assert versions(platform) == before
