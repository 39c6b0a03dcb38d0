"""Monitoring: where the metrics are and who may read them, a dashboard, and the alerts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import yaml
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap, Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.alerts import alert_groups, dashboard
from components.base import Component
from components.credentials import SecretKey
from components.naming import HUB, PROXY, labels, selector
from components.scraping import HUB_METRICS, PROXY_METRICS, Metrics
from settings.monitoring import MonitoringSection, ServiceMonitor
from settings.namespace import NamespaceSection

_OPERATOR = "monitoring.coreos.com/v1"
_COMPONENT = "monitoring"


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    settings: MonitoringSection
    names: NamespaceSection
    namespace: pulumi.Input[str]
    token: SecretKey
    promised_users: int | None


class Monitoring(Component):
    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args = args
        settings = args.settings
        if isinstance(settings.scrape, ServiceMonitor):
            self._monitors(settings.scrape.labels)
        if settings.dashboard is not None:
            shown = json.dumps(dashboard(args.names.name, args.names.users), indent=1)
            # The sidecar writes the dashboards of all namespaces into one folder.
            self._file("dashboard", f"jupyterhub-{args.names.name}.json", shown, settings.dashboard.labels)
        if settings.alerts is not None:
            self._alerts(settings.alerts.labels)
        self.register_outputs({})

    def _monitors(self, found_by: Mapping[str, str]) -> None:
        token = {"name": self._args.token.secret, "key": self._args.token.key}
        self._monitor(HUB, HUB_METRICS, {"authorization": {"credentials": token}}, found_by)
        Service(
            "proxy-metrics-service",
            metadata=ObjectMetaArgs(name="proxy-metrics", namespace=self._args.namespace, labels=labels(PROXY)),
            spec=ServiceSpecArgs(
                selector=selector(PROXY),
                ports=[
                    ServicePortArgs(
                        name=PROXY_METRICS.port_name, port=PROXY_METRICS.port, target_port=PROXY_METRICS.port_name
                    )
                ],
            ),
            opts=self.child,
        )
        self._monitor(PROXY, PROXY_METRICS, {}, found_by)

    def _monitor(self, component: str, metrics: Metrics, access: dict[str, Any], found_by: Mapping[str, str]) -> None:
        endpoint = {"port": metrics.port_name, "path": metrics.path, **access}
        spec = {"selector": {"matchLabels": selector(component)}, "endpoints": [endpoint]}
        self._operated("ServiceMonitor", component, spec, found_by)

    def _alerts(self, found_by: Mapping[str, str]) -> None:
        names = self._args.names
        groups = alert_groups(names.name, names.users, self._args.promised_users)
        if isinstance(self._args.settings.scrape, ServiceMonitor):
            self._operated("PrometheusRule", "jupyterhub", {"groups": groups}, found_by)
        else:
            text = yaml.safe_dump({"groups": groups}, sort_keys=False, width=120)
            self._file("alerts", f"jupyterhub-{names.name}.yaml", text, found_by)

    def _operated(self, kind: str, name: str, spec: dict[str, Any], found_by: Mapping[str, str]) -> None:
        CustomResource(
            f"{name}-{kind}".lower(),
            api_version=_OPERATOR,
            kind=kind,
            metadata=self._metadata(name, found_by),
            spec=spec,
            opts=self.child,
        )

    def _file(self, role: str, file: str, text: str, found_by: Mapping[str, str]) -> None:
        ConfigMap(role, metadata=self._metadata(f"jupyterhub-{role}", found_by), data={file: text}, opts=self.child)

    def _metadata(self, name: str, found_by: Mapping[str, str]) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=name, namespace=self._args.namespace, labels=labels(_COMPONENT) | dict(found_by))
