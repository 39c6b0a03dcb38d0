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

from components.base import Component
from components.monitoring.alerts import alert_groups, dashboard
from components.naming import CLOUDFLARED, HUB, PROXY, labels, selector
from components.scraping import HUB_METRICS, PROXY_METRICS, TUNNEL_METRICS, Metrics
from components.secrets.credentials import SecretKey
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
    tunnel: bool
    """Whether people come through one."""


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
        self._served(PROXY, PROXY_METRICS)
        self._monitor(PROXY, PROXY_METRICS, {}, found_by)
        if self._args.tunnel:
            self._served(CLOUDFLARED, TUNNEL_METRICS)
            self._monitor(CLOUDFLARED, TUNNEL_METRICS, {}, found_by)

    def _served(self, component: str, metrics: Metrics) -> None:
        """A Service for what the operator asks for, where none is needed for anything else."""
        Service(
            f"{component}-metrics-service",
            metadata=ObjectMetaArgs(
                name=f"{component}-metrics", namespace=self._args.namespace, labels=labels(component)
            ),
            spec=ServiceSpecArgs(
                selector=selector(component),
                ports=[ServicePortArgs(name=metrics.port_name, port=metrics.port, target_port=metrics.port_name)],
            ),
            opts=self.child,
        )

    def _monitor(self, component: str, metrics: Metrics, access: dict[str, Any], found_by: Mapping[str, str]) -> None:
        endpoint = {"port": metrics.port_name, "path": metrics.path, **access}
        spec = {"selector": {"matchLabels": selector(component)}, "endpoints": [endpoint]}
        self._operated("ServiceMonitor", component, spec, found_by)

    def _alerts(self, found_by: Mapping[str, str]) -> None:
        names = self._args.names
        groups = alert_groups(names.name, names.users, self._args.promised_users, tunnel=self._args.tunnel)
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
