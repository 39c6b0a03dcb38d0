"""Who may watch, and how what they are given is found."""

from collections.abc import Iterator, Mapping

from settings.monitoring import MonitoringSection, ServiceMonitor
from settings.problems import Problem
from settings.root import Settings

_OURS = "app.kubernetes.io/"


def prometheus_lives_elsewhere(settings: Settings) -> Iterator[Problem]:
    if settings.monitoring is None:
        return
    key, found = "monitoring.prometheus.namespace", settings.monitoring.prometheus.namespace
    if found == settings.namespace.users:
        yield Problem(
            key,
            "is where the users' servers run, so every user would reach the metrics; give Prometheus one of its own",
        )
    if found == settings.namespace.name:
        yield Problem(
            key,
            "is the platform's own, where network policies cut off whatever is not part of it; give Prometheus one of its own",
        )


def our_labels_stay_ours(settings: Settings) -> Iterator[Problem]:
    if settings.monitoring is None:
        return
    for key, labels in _labels(settings.monitoring):
        for label in sorted(label for label in labels if label.startswith(_OURS)):
            yield Problem(
                f"{key}.{label}", "is written by the platform, which finds its own objects by it; choose another label"
            )


def _labels(monitoring: MonitoringSection) -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(monitoring.scrape, ServiceMonitor):
        yield "monitoring.scrape.labels", monitoring.scrape.labels
    if monitoring.dashboard is not None:
        yield "monitoring.dashboard.labels", monitoring.dashboard.labels
    if monitoring.alerts is not None:
        yield "monitoring.alerts.labels", monitoring.alerts.labels


RULES = (prometheus_lives_elsewhere, our_labels_stay_ours)
