"""Who watches the platform, and what they are given for it."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import KubernetesName, Section
from settings.nodes import LabelKey, LabelValue

Labels = Annotated[dict[LabelKey, LabelValue], Field(min_length=1, examples=[{"release": "prometheus"}])]


class ServiceMonitor(Section):
    """Objects of the Prometheus operator: they say where the metrics are, and which Secret holds the token for them."""

    kind: Literal["service_monitor"]
    labels: Labels
    """The labels by which the operator's Prometheus chooses such objects."""


class Annotations(Section):
    """Annotations `prometheus.io/...` on the pods, for a Prometheus that looks for them. docs/monitoring.md has its part."""

    kind: Literal["annotations"]


Scrape = Annotated[ServiceMonitor | Annotations, Field(discriminator="kind")]


class Prometheus(Section):
    namespace: Annotated[KubernetesName, Field(examples=["monitoring"])]
    """Where it runs. The pods of this namespace reach the metrics of hub and proxy, and no others do."""


class Provisioned(Section):
    """Something that is found by its labels."""

    labels: Annotated[Labels, Field(examples=[{"grafana_dashboard": "1"}])]
    """The labels by which it is found."""


class MonitoringSection(Section):
    scrape: Scrape
    """How Prometheus learns what there is to scrape."""
    prometheus: Prometheus
    """The Prometheus that scrapes."""
    dashboard: Provisioned | None = None
    """The Grafana dashboard "JupyterHub Monitoring", in a ConfigMap that Grafana's sidecar picks up. None when absent."""
    alerts: Provisioned | None = None
    """The alert rules, as a PrometheusRule beside a ServiceMonitor and as a ConfigMap otherwise. None when absent."""
