"""A real Prometheus, let through by the real policies, watches a real hub: a start breaks, the hub goes away, and it tells."""

import json
import re
import urllib.request
from collections.abc import Generator, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
import yaml

from bench.visitor import Visitor
from lab.problem import Problem
from preview.recorder import inventory
from settings.load import read, stack_file
from tests.e2e.cluster import eventually, kubectl, objects, secret
from tests.e2e.prometheus import OFTEN, Prometheus

pytestmark = pytest.mark.lab

STACK = read(stack_file("e2e"))
PLATFORM, USERS = STACK.namespace.name, STACK.namespace.users
assert STACK.monitoring is not None
prometheus = Prometheus(STACK.monitoring.prometheus.namespace)
SECONDS = 30
COMPARISON = re.compile(r"\s[<>]\s*[0-9.]+")
ABSENCE = re.compile(r"absent\(([^()]+)\)")
UP = "up{job='jupyterhub'}"
DATA_SECONDS = 45
"""The kubelet measures memory and CPU every quarter of a minute or so, and use of the CPU takes two measurements."""
VOLUME = {"capacity_bytes": 100, "available_bytes": 5, "used_bytes": 95, "inodes": 100, "inodes_free": 50}
"""A nearly full one. The lab's kubelet measures no disks, so these stand in for it; tests/lab/test_rules.py holds the names to
the kubelet's sources."""


def provisioned(name: str) -> str:
    """What the stack gave to Prometheus or Grafana, as it is in the cluster."""
    [found] = [item for item in objects("configmap", PLATFORM) if item["metadata"]["name"] == name]
    [text] = found["data"].values()
    return text


def groups() -> list[dict[str, Any]]:
    return yaml.safe_load(provisioned("jupyterhub-alerts"))["groups"]


def alerts() -> dict[str, str]:
    """What each alert looks at, without what it is compared with."""
    rules = [rule for group in groups() for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: ABSENCE.sub(r"\1", COMPARISON.sub("", rule["expr"])) for rule in rules}


def impatient() -> str:
    """The same rules, for a test that has seconds, and what the kubelet of another cluster would tell of volumes."""
    judged = groups()
    for rule in (rule for group in judged for rule in group["rules"] if "for" in rule):
        rule["for"] = OFTEN
    measured = [
        {
            "record": f"kubelet_volume_stats_{name}",
            "expr": f"vector({value})",
            "labels": {"namespace": namespace, "persistentvolumeclaim": "nearly-full"},
        }
        for namespace in (PLATFORM, USERS)
        for name, value in VOLUME.items()
    ]
    return yaml.safe_dump({"groups": [*judged, {"name": "volumes", "rules": measured}]})


def token() -> str:
    return secret(PLATFORM, "metrics-token", "metrics-token")


@pytest.fixture(scope="module")
def hub(postgres_hub: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """The hub and its password, watched."""
    try:
        prometheus.start(PLATFORM, token(), impatient())
        eventually("hub and proxy are scraped", lambda: prometheus.values(UP) == [1, 1], 30)
        yield postgres_hub
    finally:
        prometheus.stop()


@pytest.fixture(scope="module")
def somebody_at_work(hub: tuple[str, str]) -> Generator[Visitor]:
    """One server that started, and one that did not."""
    carol, admin = (Visitor(port_of(hub[0]), name, hub[1]) for name in ("carol", "admin"))
    # Prometheus looks every quarter of a minute for what has broken since it looked before.
    eventually("nothing has broken yet", lambda: prometheus.values(alerts()["JupyterHubSpawnFailed"]) == [0], 60)
    for person in (carol, admin):
        person.log_in()
    carol.start({})
    kubectl("create", "quota", "closed", "--hard=pods=0", "--namespace", USERS)
    try:
        counted = ("get", "quota", "closed", "--namespace", USERS, "--output", "jsonpath={.status.hard.pods}")
        eventually("the quota is in force", lambda: kubectl(*counted) == "0", 10)
        with pytest.raises((Problem, HTTPError)):
            admin.start({})
    finally:
        kubectl("delete", "quota", "closed", "--namespace", USERS)
    yield carol
    carol.stop()


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def get(url: str, token: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


def test_the_token_opens_the_metrics_and_nothing_else(hub: tuple[str, str]) -> None:
    address, _ = hub
    assert get(f"{address}/hub/metrics") == (403, "")
    status, metrics = get(f"{address}/hub/metrics", token())
    assert status == 200
    assert "jupyterhub_total_users " in metrics
    for closed in ("users", "info", "proxy", "services", "groups"):
        assert get(f"{address}/hub/api/{closed}", token())[0] == 403, closed


def test_from_another_namespace_the_same_prometheus_reaches_nothing(hub: tuple[str, str]) -> None:
    del hub
    elsewhere = Prometheus("e2e-elsewhere")
    try:
        elsewhere.start(PLATFORM, token(), "groups: []")
        eventually("it has tried", lambda: elsewhere.values(UP) == [0, 0], 30)
        assert elsewhere.values("count(kube_resourcequota)")
        assert prometheus.values(UP) == [1, 1]
    finally:
        elsewhere.stop()


def test_a_start_that_breaks_is_told(somebody_at_work: Visitor) -> None:
    del somebody_at_work
    eventually("the alert fires", lambda: "JupyterHubSpawnFailed" in prometheus.firing(), SECONDS)
    assert "JupyterHubSpawnsFail" not in prometheus.firing()


def test_no_panel_of_the_dashboard_is_empty(somebody_at_work: Visitor) -> None:
    del somebody_at_work
    shown = json.loads(provisioned("jupyterhub-dashboard"))
    constants = {f"${found['name']}": found["query"] for found in shown["templating"]["list"]}
    asked = {
        f"{panel['title']}: {target['legendFormat']}": filled(target["expr"], {**constants, "$__rate_interval": "1m"})
        for panel in shown["panels"]
        for target in panel.get("targets", [])
    }
    has_data(asked, at_least=40)


def test_every_alert_is_about_something_that_is_there(somebody_at_work: Visitor) -> None:
    del somebody_at_work
    has_data(alerts(), at_least=14)


def filled(expression: str, constants: dict[str, str]) -> str:
    for name, value in constants.items():
        expression = expression.replace(name, value)
    return expression


def has_data(asked: dict[str, str], at_least: int) -> None:
    """Each of them has had, at one moment or another."""
    assert len(asked) >= at_least
    empty = dict(asked)

    def none_is_empty() -> bool:
        for name in [name for name, expression in empty.items() if prometheus.values(expression)]:
            del empty[name]
        return not empty

    try:
        eventually("everything has data", none_is_empty, DATA_SECONDS)
    except AssertionError as late:
        raise AssertionError(f"{late}; nothing comes from {empty}") from None


def test_volumes_that_are_nearly_full_are_told(hub: tuple[str, str]) -> None:
    del hub
    nearly_full = {"JupyterHubVolumeNearlyFull", "JupyterHubDatabaseNearlyFull"}
    eventually("both alerts fire", lambda: nearly_full <= prometheus.firing(), SECONDS)


def test_a_hub_that_goes_away_is_told_and_one_that_comes_back_too(hub: tuple[str, str]) -> None:
    del hub
    assert "JupyterHubNotServing" not in prometheus.firing()
    kubectl("scale", "deployment/hub", "--namespace", PLATFORM, "--replicas=0")
    try:
        eventually("the alert fires", lambda: "JupyterHubNotServing" in prometheus.firing(), 30)
        assert "JupyterHubProxyNotServing" not in prometheus.firing()
    finally:
        kubectl("scale", "deployment/hub", "--namespace", PLATFORM, "--replicas=1")
    eventually("the alert ends", lambda: "JupyterHubNotServing" not in prometheus.firing(), 90)


def test_the_operator_s_api_accepts_what_prod_gives_it() -> None:
    found = [item for item in inventory("prod", preview=True).resources if "monitoring.coreos.com" in item.type]
    assert {item.inputs["kind"] for item in found} == {"ServiceMonitor", "PrometheusRule"}
    for item in found:
        described = dict(item.inputs) | {"metadata": dict(item.inputs["metadata"]) | {"namespace": "default"}}
        kubectl("apply", "--dry-run=server", "--validate=strict", "--filename=-", given=json.dumps(described))
