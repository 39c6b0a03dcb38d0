"""The hub: its rights, its settings, its pod."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs, DeploymentStrategyArgs
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    EmptyDirVolumeSourceArgs,
    EnvVarArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from components.accounts import account, grant, subject
from components.base import Component, name_of
from components.naming import HUB, HUB_PORT, HUB_SETTINGS, SECRETS_ANNOTATION, SETTINGS_ANNOTATION, labels, selector
from components.placement import Nodes, spread
from components.pods import container_security, fingerprint, http_probe, pod_security, requirements, scratch
from components.scraping import HUB_METRICS, scrape_annotations
from components.secrets.credentials import Credentials, SecretKey
from components.secrets.secret_files import secret_files
from hub.settings import (
    ACCESS_AUDIENCE,
    CLIENT_SECRET,
    COOKIE_SECRET,
    CRYPT_KEY,
    DATABASE_PASSWORD,
    EARLIER_CRYPT_KEY,
    LOGIN_PASSWORD,
    METRICS_TOKEN,
    PROXY_TOKEN,
    SECRETS_DIRECTORY,
    SETTINGS_FILE,
    STATE_DIRECTORY,
    HubSettings,
)
from settings.hub import HubSection
from settings.monitoring import MonitoringSection

_HEALTH = "/hub/health"
# What KubeSpawner does in the users' namespace, and nothing else.
_USERS_NAMESPACE_RULES = [
    PolicyRuleArgs(api_groups=[""], resources=["pods"], verbs=["get", "list", "watch", "create", "delete"]),
    PolicyRuleArgs(api_groups=[""], resources=["persistentvolumeclaims"], verbs=["get", "list", "watch", "create"]),
    PolicyRuleArgs(api_groups=[""], resources=["events"], verbs=["get", "list", "watch"]),
]


@dataclass(frozen=True, kw_only=True)
class HubArgs:
    settings: HubSection
    runtime: HubSettings
    platform: pulumi.Input[str]
    users: pulumi.Input[str]
    credentials: Credentials
    state_claim: pulumi.Input[str] | None
    nodes: Nodes
    after: list[pulumi.Resource]
    """What has to be ready before another hub takes the place of the running one."""
    branding: Mapping[str, str]
    """Files of the pages, by name, in base64."""
    image: str
    monitoring: MonitoringSection | None
    audience: pulumi.Input[str] | None
    """Whom the tokens of Cloudflare Access are for; None where it does not stand in front."""


class Hub(Component):
    def __init__(self, name: str, args: HubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._metadata = ObjectMetaArgs(name=HUB, namespace=args.platform, labels=labels(HUB))
        self._rights(args)
        # Not the settings before the hub either: one that is restarted meanwhile would read them.
        self._late = pulumi.ResourceOptions(parent=self, depends_on=args.after)
        settings_json = args.runtime.model_dump_json(indent=1)
        config = ConfigMap(
            HUB_SETTINGS,
            metadata=ObjectMetaArgs(name=HUB_SETTINGS, namespace=args.platform, labels=labels(HUB)),
            data={SETTINGS_FILE.name: settings_json, **({ACCESS_AUDIENCE: args.audience} if args.audience else {})},
            binary_data=args.branding or None,
            opts=self._late,
        )
        Service(
            "hub-service",
            metadata=self._metadata,
            spec=ServiceSpecArgs(selector=selector(HUB), ports=[ServicePortArgs(name="http", port=HUB_PORT)]),
            opts=self.child,
        )
        own = account(HUB, args.platform, self.child)
        shown = pulumi.Output.concat(fingerprint(settings_json), args.audience or "")
        self._deployment(args, own, name_of(config.metadata), shown)
        self.register_outputs({})

    def _rights(self, args: HubArgs) -> None:
        in_users = ObjectMetaArgs(name=HUB, namespace=args.users, labels=labels(HUB))
        grant(HUB, in_users, _USERS_NAMESPACE_RULES, subject(HUB, args.platform), self.child)

    def _deployment(
        self, args: HubArgs, own: pulumi.Input[str], config: pulumi.Input[str], settings_fingerprint: pulumi.Input[str]
    ) -> None:
        given = args.credentials
        keys = [given.cookie_secret, given.crypt_key, given.proxy_token, given.database_password, given.metrics_token]
        keys += [given.client_secret]
        keys += given.service_tokens.values()
        Deployment(
            "hub",
            metadata=self._metadata,
            spec=DeploymentSpecArgs(
                replicas=args.settings.replicas,
                # Two hubs at once corrupt the database: the old one must be gone before the new one starts.
                strategy=DeploymentStrategyArgs(type="Recreate"),
                selector=LabelSelectorArgs(match_labels=selector(HUB)),
                template=PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=labels(HUB),
                        annotations={
                            SETTINGS_ANNOTATION: settings_fingerprint,
                            SECRETS_ANNOTATION: pulumi.Output.concat(
                                *(key.fingerprint for key in keys if key is not None)
                            ),
                            **scrape_annotations(args.monitoring, HUB_METRICS),
                        },
                    ),
                    spec=spread(_pod(args, own, config), HUB, args.nodes),
                ),
            ),
            opts=self._late,
        )


def _pod(args: HubArgs, own: pulumi.Input[str], config: pulumi.Input[str]) -> PodSpecArgs:
    tmp, tmp_mount = scratch()
    return PodSpecArgs(
        service_account_name=own,
        automount_service_account_token=True,
        enable_service_links=False,
        security_context=pod_security(),
        termination_grace_period_seconds=30,
        containers=[
            ContainerArgs(
                name=HUB,
                image=args.image,
                env=[EnvVarArgs(name=name, value=value) for name, value in sorted(args.settings.environment.items())]
                or None,
                ports=[ContainerPortArgs(name="http", container_port=HUB_PORT)],
                security_context=container_security(),
                resources=requirements(args.settings.resources),
                # The supervisor starts the hub only when the API server and the database answer, however long that
                # takes; killing it meanwhile would only add back-off. Once it has answered, silence is a fault.
                startup_probe=http_probe(_HEALTH, "http", period_seconds=1, failure_threshold=86_400),
                readiness_probe=http_probe(_HEALTH, "http", period_seconds=2, failure_threshold=2),
                liveness_probe=http_probe(_HEALTH, "http", period_seconds=10, failure_threshold=6),
                volume_mounts=[
                    tmp_mount,
                    VolumeMountArgs(name="settings", mount_path=str(SETTINGS_FILE.parent), read_only=True),
                    VolumeMountArgs(name="secrets", mount_path=str(SECRETS_DIRECTORY), read_only=True),
                    VolumeMountArgs(name="state", mount_path=str(STATE_DIRECTORY)),
                ],
            )
        ],
        volumes=[
            tmp,
            VolumeArgs(name="settings", config_map=ConfigMapVolumeSourceArgs(name=config)),
            VolumeArgs(name="secrets", projected=secret_files(_files(args.credentials))),
            _state(args.state_claim),
        ],
    )


def _files(credentials: Credentials) -> Mapping[str, SecretKey | None]:
    return {
        COOKIE_SECRET: credentials.cookie_secret,
        CRYPT_KEY: credentials.crypt_key,
        EARLIER_CRYPT_KEY: credentials.earlier_crypt_key,
        PROXY_TOKEN: credentials.proxy_token,
        # Keycloak alone knows the passwords of its people.
        LOGIN_PASSWORD: None if credentials.client_secret else credentials.login_password,
        CLIENT_SECRET: credentials.client_secret,
        DATABASE_PASSWORD: credentials.database_password,
        METRICS_TOKEN: credentials.metrics_token,
        **credentials.service_tokens,
    }


def _state(claim: pulumi.Input[str] | None) -> VolumeArgs:
    if claim is None:
        return VolumeArgs(name="state", empty_dir=EmptyDirVolumeSourceArgs())
    return VolumeArgs(name="state", persistent_volume_claim=PersistentVolumeClaimVolumeSourceArgs(claim_name=claim))
