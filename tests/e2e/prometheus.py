"""A real Prometheus in a namespace of its own, with kube-state-metrics beside it: what a site that watches its platforms has."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from lab import images, paths, prometheus
from tests.e2e.cluster import kubectl
from tests.e2e.surroundings import apply

READY_SECONDS = "120s"
MOUNT = "/etc/prometheus"
OFTEN = "2s"
"""How often Prometheus scrapes and judges here: seconds, so that a test need not wait for minutes."""
READS = ["nodes", "nodes/metrics", "pods", "resourcequotas"]


@dataclass(frozen=True)
class Prometheus:
    namespace: str

    def start(self, watched: str, token: str, rules: str) -> None:
        """Have it scrape the annotated pods of one namespace, and what every site scrapes of Kubernetes itself."""
        self.stop()  # what a run left that was cut off
        for program in ("prometheus", "kube-state-metrics"):
            if images.reference(program, prometheus.target()) not in images.loaded():
                images.load(program, prometheus.programs())
        files = {"prometheus.yaml": yaml.safe_dump(configuration(watched)), "rules.yaml": rules, "token": token}
        named = {"name": "prometheus", "namespace": self.namespace}
        rights = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": self._role}}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": self._role}
        reading = {"apiGroups": [""], "resources": READS, "verbs": ["get", "list", "watch"]}
        apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named})
        apply({**rights, "kind": "ClusterRole", "rules": [reading]})
        apply(
            {**rights, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [{"kind": "ServiceAccount", **named}]}
        )
        apply({"apiVersion": "v1", "kind": "Secret", "metadata": named, "stringData": files})
        apply({"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": pod()})
        ready = ("--for=condition=Ready", f"--timeout={READY_SECONDS}")
        kubectl("wait", "--namespace", self.namespace, "pod/prometheus", *ready)

    def stop(self) -> None:
        kubectl("delete", "clusterrolebinding,clusterrole", self._role, "--ignore-not-found")
        kubectl("delete", "namespace", self.namespace, "--ignore-not-found", "--wait=true")

    def values(self, expression: str) -> list[float]:
        """What an expression is now; what is no number counts as nothing."""
        found: Iterable[dict[str, Any]] = self._asked(f"query?query={quote(expression, safe='')}")["result"]
        numbers = [float(sample["value"][1]) for sample in found]
        return [number for number in numbers if not math.isnan(number)]

    def firing(self) -> set[str]:
        alerts: Iterable[dict[str, Any]] = self._asked("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def _asked(self, path: str) -> Any:
        pod = f"/api/v1/namespaces/{self.namespace}/pods/prometheus:9090"
        return json.loads(kubectl("get", "--raw", f"{pod}/proxy/api/v1/{path}"))["data"]

    @property
    def _role(self) -> str:
        return f"e2e-{self.namespace}"


def pod() -> dict[str, Any]:
    arguments = {
        "prometheus": [
            f"--config.file={MOUNT}/prometheus.yaml",
            "--storage.tsdb.path=/data",
            "--web.listen-address=:9090",
        ],
        "kube-state-metrics": ["--resources=pods,resourcequotas", "--port=8080", "--telemetry-port=8081"],
    }
    mounts = [{"name": "config", "mountPath": MOUNT}, {"name": "data", "mountPath": "/data"}]
    containers: list[dict[str, Any]] = [
        {
            "name": program,
            "image": images.reference(program, prometheus.target()),
            "imagePullPolicy": "Never",
            "args": words,
            "volumeMounts": mounts,
        }
        for program, words in arguments.items()
    ]
    containers[0]["readinessProbe"] = {"httpGet": {"path": "/-/ready", "port": 9090}, "periodSeconds": 1}
    return {
        "serviceAccountName": "prometheus",
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"fsGroup": 65534},
        "containers": containers,
        "volumes": [{"name": "config", "secret": {"secretName": "prometheus"}}, {"name": "data", "emptyDir": {}}],
    }


def configuration(watched: str) -> dict[str, Any]:
    """The job for annotated pods is the one that docs/monitoring.md gives; the others are every site's own."""
    account = Path("/var/run/secrets/kubernetes.io/serviceaccount")
    of_kubelet: dict[str, Any] = {
        "scheme": "https",
        "authorization": {"credentials_file": str(account / "token")},
        "tls_config": {"ca_file": str(account / "ca.crt")},
        "honor_labels": True,
        "kubernetes_sd_configs": [{"role": "node"}],
    }
    return {
        "global": {"scrape_interval": OFTEN, "scrape_timeout": OFTEN, "evaluation_interval": OFTEN},
        "rule_files": [f"{MOUNT}/rules.yaml"],
        "scrape_configs": [
            job_of_the_docs(watched),
            {"job_name": "kubelet", **of_kubelet},
            {"job_name": "cadvisor", "metrics_path": "/metrics/cadvisor", **of_kubelet},
            {
                "job_name": "kube-state-metrics",
                "honor_labels": True,
                "static_configs": [{"targets": ["localhost:8080"]}],
            },
        ],
    }


def job_of_the_docs(watched: str) -> dict[str, Any]:
    page = (paths.HERE.parent / "docs" / "monitoring.md").read_text()
    _, _, block = page.partition("```yaml\nscrape_configs:\n")
    [job] = yaml.safe_load(f"scrape_configs:\n{block.partition('```')[0]}")["scrape_configs"]
    return job | {"kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [watched]}}]}
