"""What Prometheus and Grafana are given: every rule has its paragraph and its cases, every panel says what it shows."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.monitoring.alerts import alert_groups, dashboard
from components.scraping import HUB_METRICS, PROXY_METRICS, scrape_annotations
from hub.places import Places
from hub.secret_files import SecretError, read_secrets
from hub.settings import HubSettings
from hub.traits import traits
from preview.inventory import Inventory
from preview.recorder import inventory
from settings.load import ROOT, read, stack_file
from settings.monitoring import Annotations, MonitoringSection, Prometheus, ServiceMonitor

RULE_FILES = sorted((ROOT / "rules").glob("*.yaml"))
DASHBOARD: dict[str, Any] = json.loads((ROOT / "dashboards" / "jupyterhub-monitoring.json").read_text())
NAMESPACES = {"jupyterhub", "jupyterhub-users"}
VARIABLES = {"$platform", "$users", "$platform|$users"}
MATCHER = re.compile(r'namespace=~?"([^"]+)"')
SERIES = re.compile(r"([a-z_:]+)\{")
WIDTH = 24


def rules() -> list[dict[str, Any]]:
    return [
        rule for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]
    ]


def cases() -> list[dict[str, Any]]:
    """Every case of promtool's tests."""
    files = sorted((ROOT / "rules" / "tests").glob("*.yaml"))
    return [
        case for path in files for test in yaml.safe_load(path.read_text())["tests"] for case in test["alert_rule_test"]
    ]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


ALERTS = [rule["alert"] for rule in rules()]


def test_alerts_are_told_apart() -> None:
    assert len(ALERTS) >= 10
    assert len(set(ALERTS)) == len(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_seen_to_fire_and_to_stay_quiet(alert: str) -> None:
    fires = [bool(case.get("exp_alerts")) for case in cases() if case["alertname"] == alert]
    assert {True, False} == set(fires)


@pytest.mark.parametrize("rule", rules(), ids=ALERTS)
def test_each_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^## (\w+)\n\n\S", (ROOT / page).read_text(), re.MULTILINE)
    assert rule["alert"] in headings
    assert anchor == rule["alert"].lower()


def test_the_runbook_speaks_of_no_alert_that_is_gone() -> None:
    assert set(re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)) == set(ALERTS)


@pytest.mark.parametrize("expression", [*(rule["expr"] for rule in rules()), *expressions()])
def test_every_series_is_of_one_platform(expression: str) -> None:
    found = MATCHER.findall(expression)
    assert len(found) == len(SERIES.findall(expression))
    assert set(found) <= NAMESPACES | VARIABLES


@pytest.mark.parametrize("expression", [*(rule["expr"] for rule in rules()), *expressions()])
def test_the_page_says_where_every_series_comes_from(expression: str) -> None:
    table = re.findall(r"^\| (`[^|]+`) \| ", (ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE)
    told = [pattern for row in table for pattern in re.findall(r"`(\S+)`", row)]
    for series in SERIES.findall(expression):
        assert any(fnmatch(series, pattern) for pattern in told), series


def test_a_stack_gets_the_rules_about_itself() -> None:
    groups = alert_groups("jupyter", "jupyter-users", 100, tunnel=True)
    found = {name for group in groups for rule in group["rules"] for name in MATCHER.findall(rule["expr"])}
    assert found == {"jupyter", "jupyter-users"}
    assert all(group["name"].startswith("jupyter-") for group in groups)
    promise = {"record": "jupyterhub:promised_users", "expr": "vector(100)", "labels": {"namespace": "jupyter"}}
    assert groups[-1]["rules"] == [promise]


@pytest.mark.parametrize("platform", ["hub", "jupyterhub", "jupyterhub-users", "a-jupyterhub"])
def test_namespaces_change_place_all_at_once(platform: str) -> None:
    users = f"{platform}-users"
    ours = alert_groups("jupyterhub", "jupyterhub-users", None, tunnel=True)
    moved = alert_groups(platform, users, None, tunnel=True)
    for before, after in zip(ours, moved, strict=True):
        for rule, other in zip(before["rules"], after["rules"], strict=True):
            names = {"jupyterhub": platform, "jupyterhub-users": users}
            assert MATCHER.findall(other["expr"]) == [names[name] for name in MATCHER.findall(rule["expr"])]


def test_nothing_is_promised_where_the_stack_promises_nothing() -> None:
    rules = [rule for group in alert_groups("a", "a-users", None, tunnel=True) for rule in group["rules"]]
    assert not [rule for rule in rules if "record" in rule]


def test_a_tunnel_is_missed_only_where_there_is_one() -> None:
    with_one, without = (alert_groups("a", "a-users", None, tunnel=tunnel) for tunnel in (True, False))
    assert [group["name"] for group in with_one if group not in without] == ["a-tunnel"]


def test_the_dashboard_is_about_one_stack_and_stands_beside_those_of_others() -> None:
    one, other = dashboard("jupyter", "jupyter-users"), dashboard("staging", "staging-users")
    constants = {variable["name"]: variable["query"] for variable in one["templating"]["list"]}
    assert constants == {"datasource": "prometheus", "platform": "jupyter", "users": "jupyter-users"}
    assert one["title"] == "JupyterHub Monitoring (jupyter)"
    assert one["uid"] != other["uid"]
    assert re.fullmatch("[a-z0-9-]{1,40}", one["uid"])


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    for panel in panels():
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"], panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < WIDTH
        taken |= cells


PROMETHEUS = Prometheus(namespace="monitoring")
ANNOTATED = MonitoringSection(scrape=Annotations(kind="annotations"), prometheus=PROMETHEUS)
OPERATED = MonitoringSection(
    scrape=ServiceMonitor(kind="service_monitor", labels={"release": "prometheus"}), prometheus=PROMETHEUS
)


def test_pods_are_annotated_where_that_was_asked_for() -> None:
    assert scrape_annotations(ANNOTATED, HUB_METRICS) == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8081",
        "prometheus.io/path": "/hub/metrics",
    }
    assert scrape_annotations(OPERATED, HUB_METRICS) == scrape_annotations(None, PROXY_METRICS) == {}


@pytest.fixture(scope="module")
def prod() -> Inventory:
    return inventory("prod", preview=True)


def test_the_operator_is_told_where_the_metrics_are_and_which_token_opens_them(prod: Inventory) -> None:
    monitors = {found.name: found.inputs for found in prod.of("kubernetes:monitoring.coreos.com/v1:ServiceMonitor")}
    endpoints = {name: found["spec"]["endpoints"] for name, found in monitors.items()}
    token = {"name": "metrics-token", "key": "metrics-token"}
    assert endpoints == {
        "hub-servicemonitor": [{"port": "http", "path": "/hub/metrics", "authorization": {"credentials": token}}],
        "proxy-servicemonitor": [{"port": "metrics", "path": "/metrics"}],
        "cloudflared-servicemonitor": [{"port": "metrics", "path": "/metrics"}],
    }
    for found in monitors.values():
        assert found["metadata"]["labels"]["release"] == "prometheus"
        chosen = found["spec"]["selector"]["matchLabels"].items()
        port = found["spec"]["endpoints"][0]["port"]
        services = prod.of("kubernetes:core/v1:Service")
        there = [service for service in services if chosen <= service.inputs["metadata"]["labels"].items()]
        assert [port for service in there for p in service.inputs["spec"]["ports"] if p["name"] == port] == [port]


def test_the_operator_is_given_every_alert(prod: Inventory) -> None:
    settings = read(stack_file("prod"))
    [found] = prod.of("kubernetes:monitoring.coreos.com/v1:PrometheusRule")
    promised = settings.capacity.users if settings.capacity else None
    expected = alert_groups(settings.namespace.name, settings.namespace.users, promised, tunnel=True)
    assert found.inputs["spec"]["groups"] == expected
    assert found.inputs["metadata"]["labels"]["release"] == "prometheus"


def test_without_an_operator_the_alerts_are_a_file() -> None:
    found = inventory("e2e", preview=False).one("kubernetes:core/v1:ConfigMap", "alerts").inputs
    assert found["metadata"]["labels"]["prometheus_rules"] == "1"
    assert yaml.safe_load(found["data"]["jupyterhub-e2e.yaml"]) == {
        "groups": alert_groups("e2e", "e2e-users", 10, tunnel=False)
    }


def test_nobody_watches_a_stack_that_does_not_ask_for_it() -> None:
    stack = inventory("dev", preview=False)
    assert not [resource for resource in stack.resources if "monitor" in resource.name or "metrics" in resource.name]
    [container] = stack.one("kubernetes:apps/v1:Deployment", "proxy").inputs["spec"]["template"]["spec"]["containers"]
    assert not [argument for argument in container["args"] if "metrics" in argument]


@pytest.fixture
def mounts(tmp_path: Path) -> Places:
    for name in ("cookie-secret", "crypt-key"):
        (tmp_path / name).write_text("ab" * 32)
    (tmp_path / "proxy-token").write_text("proxy")
    (tmp_path / "database-password").write_text("database")
    return Places(settings=tmp_path / "settings.json", secrets=tmp_path, state=tmp_path)


def told(of: str) -> HubSettings:
    config = inventory(of, preview=False).one("kubernetes:core/v1:ConfigMap", "hub-settings")
    return HubSettings.model_validate_json(config.inputs["data"]["settings.json"])


def test_one_service_may_read_the_metrics_and_nothing_else(mounts: Places) -> None:
    (mounts.secrets / "metrics-token").write_text("1234\n")
    settings = told("e2e")
    table = {trait.name: trait.value for trait in traits(settings, read_secrets(settings, mounts.secrets), mounts)}
    services, roles = (cast("list[object]", table[name]) for name in ("services", "load_roles"))
    assert {"name": "prometheus", "api_token": "1234"} in services
    assert {"name": "prometheus", "scopes": ["read:metrics"], "services": ["prometheus"]} in roles
    assert table["authenticate_prometheus"] is True


def test_a_hub_that_is_watched_does_not_start_without_the_token(mounts: Places) -> None:
    with pytest.raises(SecretError, match="metrics-token"):
        read_secrets(told("e2e"), mounts.secrets)
    assert read_secrets(told("password"), mounts.secrets).metrics_token is None
