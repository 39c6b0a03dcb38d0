"""Where hub, proxy and tunnel tell about themselves. Pure."""

from dataclasses import dataclass
from typing import Final

from components.naming import CLOUDFLARED_METRICS_PORT, HUB_PORT, PROXY_METRICS_PORT
from settings.monitoring import Annotations, MonitoringSection


@dataclass(frozen=True)
class Metrics:
    port: int
    port_name: str
    path: str


HUB_METRICS: Final = Metrics(HUB_PORT, "http", "/hub/metrics")
PROXY_METRICS: Final = Metrics(PROXY_METRICS_PORT, "metrics", "/metrics")
TUNNEL_METRICS: Final = Metrics(CLOUDFLARED_METRICS_PORT, "metrics", "/metrics")


def scrape_annotations(monitoring: MonitoringSection | None, metrics: Metrics) -> dict[str, str]:
    """What a Prometheus without an operator finds a pod's metrics by."""
    if monitoring is None or not isinstance(monitoring.scrape, Annotations):
        return {}
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(metrics.port),
        "prometheus.io/path": metrics.path,
    }
