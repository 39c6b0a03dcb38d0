"""How a portal shows the platform: an entry of its own, and the services that notebooks work with."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import yaml
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.base import Component
from components.hub.config import public_url
from components.naming import HUB, labels
from settings import Settings
from settings.exposure import PortForward
from settings.services import Service
from settings.surroundings import Catalogue

_HEALTH = "hub/health"
"""Answers without a login, while the hub serves."""


@dataclass(frozen=True, kw_only=True)
class PortalArgs:
    entry: Catalogue
    namespace: pulumi.Input[str]
    files: dict[str, str]
    """What the entry holds, by its keys."""


class Portal(Component):
    def __init__(self, name: str, args: PortalArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        ConfigMap(
            "portal-entry",
            metadata=ObjectMetaArgs(
                name=args.entry.config_map,
                namespace=args.namespace,
                labels={**args.entry.labels, **labels("portal")},
            ),
            data=args.files,
            opts=self.child,
        )
        self.register_outputs({})


def portal_files(settings: Settings, entry: Catalogue) -> dict[str, str]:
    """The platform's entry as portals read it, and what is to be had in it."""
    files = {
        "service.yaml": {"service": _own_entry(settings, entry)},
        "services.yaml": {"services": [_entry(each) for each in settings.services]},
    }
    return {
        name: yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
        for name, content in files.items()
    }


def exported(settings: Settings, entry: Catalogue) -> str:
    """The same for other programs: `pulumi stack output catalogue`."""
    return json.dumps([_own_entry(settings, entry), *map(_entry, settings.services)], ensure_ascii=False)


def _own_entry(settings: Settings, entry: Catalogue) -> dict[str, Any]:
    url = address(settings)
    return {
        "name": entry.name,
        "display_name": entry.title,
        "powered_by": "JupyterHub",
        "description": entry.description,
        "type": "core",
        "category": entry.category,
        "icon": entry.icon,
        "endpoints": [
            {
                "name": "web",
                "type": "http",
                "url": url,
                "health_url": f"{url}{_HEALTH}",
                "description": "Web interface",
                "primary": True,
            }
        ],
        "dependencies": [service.name for service in settings.services],
        "scaling": {
            "resource_type": "deployment",
            "resource_name": HUB,
            "namespace": settings.namespace.name,
            "min_replicas": 1,
            "can_disable": True,
        },
        # For programs outside of the platform, such as an editor in the browser.
        "environment_variables": [{"name": "JUPYTERHUB_URL", "value": url}],
    }


def _entry(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "display_name": service.title or service.name,
        "description": service.description or "",
        "kind": service.kind,
        "address": service.address,
        "groups": None if service.groups is None else sorted(service.groups),
    }


def address(settings: Settings) -> str:
    """What people type."""
    exposure = settings.exposure
    if isinstance(exposure, PortForward):
        return f"http://127.0.0.1:{exposure.port}/"
    return public_url(exposure) or f"https://{exposure.host}/"
