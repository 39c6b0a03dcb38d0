"""The services that notebooks work with: what the hub is told of them, their credentials, and the right to look for more."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from components.accounts import grant, subject
from components.base import Component
from components.naming import HUB, labels
from hub.service_settings import CredentialFile, DeclaredService
from hub.service_settings import ServiceDiscovery as Looking
from settings.domain import DeclaredSecret
from settings.services import Credential, Service
from settings.surroundings import ServiceDiscovery

_COMPONENT = "services"


@dataclass(frozen=True, kw_only=True)
class ServicesArgs:
    services: tuple[Service, ...]
    discovery: ServiceDiscovery | None
    platform: pulumi.Input[str]
    platform_name: str
    users: pulumi.Input[str]
    declared: Mapping[str, pulumi.Output[str]]
    """The secrets given from outside, by name."""


class Services(Component):
    def __init__(self, name: str, args: ServicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        for service in args.services:
            self._credentials(service, args)
        for namespace in sorted(args.discovery.namespaces) if args.discovery else ():
            self._right_to_look(namespace, args)
        self.register_outputs({})

    def _credentials(self, service: Service, args: ServicesArgs) -> None:
        """Beside the servers, because a pod mounts Secrets of its own namespace only."""
        values = {
            each.variable: args.declared[each.source.name]
            for each in service.credentials
            if isinstance(each.source, DeclaredSecret)
        }
        if values:
            secret = _secret_of(service)
            Secret(
                f"{secret}-secret",
                metadata=ObjectMetaArgs(name=secret, namespace=args.users, labels=labels(_COMPONENT)),
                string_data=values,
                opts=self.kept,
            )

    def _right_to_look(self, namespace: str, args: ServicesArgs) -> None:
        name = f"{args.platform_name}-{HUB}"
        metadata = ObjectMetaArgs(name=name, namespace=namespace, labels=labels(_COMPONENT))
        rules = [PolicyRuleArgs(api_groups=[""], resources=["configmaps"], verbs=["get", "list"])]
        grant(namespace, metadata, rules, subject(HUB, args.platform), self.child)


def declared_services(services: tuple[Service, ...]) -> tuple[DeclaredService, ...]:
    """What the hub is told."""
    return tuple(
        DeclaredService(
            name=service.name,
            groups=None if service.groups is None else tuple(sorted(service.groups)),
            environment=dict(service.variables),
            files=tuple(_file(service, credential) for credential in service.credentials),
        )
        for service in services
    )


def looking(discovery: ServiceDiscovery | None) -> Looking | None:
    if discovery is None:
        return None
    return Looking(
        selector=",".join(f"{key}={value}" for key, value in sorted(discovery.labels.items())),
        namespaces=tuple(sorted(discovery.namespaces)),
        file=discovery.file,
    )


def _file(service: Service, credential: Credential) -> CredentialFile:
    source = credential.source
    if isinstance(source, DeclaredSecret):
        return CredentialFile(variable=credential.variable, secret=_secret_of(service), key=credential.variable)
    return CredentialFile(variable=credential.variable, secret=source.name, key=source.key)


def _secret_of(service: Service) -> str:
    return f"service-{service.name}"
