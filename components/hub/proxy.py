"""The proxy in front of everything: it holds the routes to the hub and to every running server."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs, DeploymentStrategyArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    SecretKeySelectorArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.accounts import account
from components.base import Component
from components.naming import (
    PROXY,
    PROXY_API_PORT,
    PROXY_API_SERVICE,
    PROXY_HTTP_PORT,
    PROXY_METRICS_PORT,
    PROXY_PUBLIC_SERVICE,
    SECRETS_ANNOTATION,
    labels,
    selector,
)
from components.placement import Nodes, spread
from components.pods import container_security, http_probe, pod_security, requirements, scratch
from components.scraping import PROXY_METRICS, scrape_annotations
from components.secrets.credentials import SecretKey
from settings.hub import ProxySection
from settings.monitoring import MonitoringSection

_HEALTH = "/_chp_healthz"


@dataclass(frozen=True, kw_only=True)
class ProxyArgs:
    settings: ProxySection
    namespace: pulumi.Input[str]
    hub_url: str
    token: SecretKey
    by_host: bool
    """Whether each server has a host name of its own."""
    nodes: Nodes
    image: str
    monitoring: MonitoringSection | None


class Proxy(Component):
    def __init__(self, name: str, args: ProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._service("proxy-public-service", PROXY_PUBLIC_SERVICE, args.namespace, 80, "http")
        self._service("proxy-api-service", PROXY_API_SERVICE, args.namespace, PROXY_API_PORT, "api")
        own = account(PROXY, args.namespace, self.child)
        Deployment(
            "proxy",
            metadata=ObjectMetaArgs(name=PROXY, namespace=args.namespace, labels=labels(PROXY)),
            spec=DeploymentSpecArgs(
                replicas=args.settings.replicas,
                # The hub tells its routes to one proxy: a second one beside it would answer 404.
                strategy=DeploymentStrategyArgs(type="Recreate"),
                selector=LabelSelectorArgs(match_labels=selector(PROXY)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=labels(PROXY),
                        annotations={
                            SECRETS_ANNOTATION: args.token.fingerprint,
                            **scrape_annotations(args.monitoring, PROXY_METRICS),
                        },
                    ),
                    spec=spread(_pod(args, own), PROXY, args.nodes),
                ),
            ),
            opts=self.child,
        )
        self.register_outputs({})

    def _service(self, role: str, name: str, namespace: pulumi.Input[str], port: int, target: str) -> None:
        Service(
            role,
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=labels(PROXY)),
            spec=ServiceSpecArgs(
                selector=selector(PROXY), ports=[ServicePortArgs(name=target, port=port, target_port=target)]
            ),
            opts=self.child,
        )


def _pod(args: ProxyArgs, own: pulumi.Input[str]) -> PodSpecArgs:
    tmp, tmp_mount = scratch()
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod_security(),
        containers=[
            ContainerArgs(
                name=PROXY,
                image=args.image,
                args=_arguments(args),
                # The one way the proxy takes its token; the value stays in the Secret.
                env=[
                    EnvVarArgs(
                        name="CONFIGPROXY_AUTH_TOKEN",
                        value_from=EnvVarSourceArgs(
                            secret_key_ref=SecretKeySelectorArgs(name=args.token.secret, key=args.token.key)
                        ),
                    )
                ],
                ports=[
                    ContainerPortArgs(name="http", container_port=PROXY_HTTP_PORT),
                    ContainerPortArgs(name="api", container_port=PROXY_API_PORT),
                    *(
                        [ContainerPortArgs(name=PROXY_METRICS.port_name, container_port=PROXY_METRICS_PORT)]
                        if args.monitoring
                        else []
                    ),
                ],
                security_context=container_security(),
                resources=requirements(args.settings.resources),
                readiness_probe=http_probe(_HEALTH, "http", period_seconds=2, failure_threshold=6),
                liveness_probe=http_probe(_HEALTH, "http", period_seconds=10, failure_threshold=6),
                volume_mounts=[tmp_mount],
            )
        ],
        volumes=[tmp],
    )


def _arguments(args: ProxyArgs) -> list[str]:
    metrics = ["--metrics-ip=0.0.0.0", f"--metrics-port={PROXY_METRICS_PORT}"] if args.monitoring else []
    return [
        "--ip=0.0.0.0",
        f"--port={PROXY_HTTP_PORT}",
        "--api-ip=0.0.0.0",
        f"--api-port={PROXY_API_PORT}",
        f"--default-target={args.hub_url}",
        f"--error-target={args.hub_url}/hub/error",
        *(["--host-routing"] if args.by_host else []),
        *metrics,
    ]
