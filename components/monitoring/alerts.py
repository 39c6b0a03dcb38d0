"""What Prometheus and Grafana are given for one stack: the files of `rules/` and `dashboards/`, with its namespaces in them.

Both are written for the namespaces of the stack dev, so that they are what their own tools read and test.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import yaml

from components.pods import fingerprint
from settings.load import ROOT

_RULES: Final = sorted((ROOT / "rules").glob("*.yaml"))
_OF_TUNNELS: Final = ROOT / "rules" / "tunnel.yaml"
_DASHBOARD: Final = ROOT / "dashboards" / "jupyterhub-monitoring.json"
_PLATFORM, _USERS = "jupyterhub", "jupyterhub-users"
_PROMISE: Final = "jupyterhub:promised_users"

Group = dict[str, Any]
"""A group of rules, as Prometheus and its operator write it."""


def alert_groups(platform: str, users: str, promised_users: int | None, *, tunnel: bool) -> list[Group]:
    """Every rule, about one stack; what the stack promises stands beside them as a series of its own."""
    groups = [_about(group, platform, users) for group in _groups(tunnel=tunnel)]
    if promised_users is not None:
        promise = {"record": _PROMISE, "expr": f"vector({promised_users})", "labels": {"namespace": platform}}
        groups.append({"name": f"{platform}-promise", "rules": [promise]})
    return groups


def dashboard(platform: str, users: str) -> dict[str, Any]:
    """The dashboard with the namespaces as its constants, and a name of its own: one Grafana may show several stacks."""
    found: dict[str, Any] = json.loads(_DASHBOARD.read_text())
    constants = {"platform": platform, "users": users}
    variables = [
        variable | {"query": constants[variable["name"]]} if variable["name"] in constants else variable
        for variable in found["templating"]["list"]
    ]
    return found | {
        "uid": f"jupyterhub-{fingerprint(platform)}",
        "title": f"{found['title']} ({platform})",
        "templating": {"list": variables},
    }


def _groups(*, tunnel: bool) -> Iterator[Group]:
    for path in _RULES:
        # What is nowhere would be held to be down.
        if tunnel or path != _OF_TUNNELS:
            yield from yaml.safe_load(path.read_text())["groups"]


def _about(group: Group, platform: str, users: str) -> Group:
    names = {_PLATFORM: platform, _USERS: users}
    rules = [rule | {"expr": _in_namespaces(rule["expr"], names)} for rule in group["rules"]]
    return group | {"name": group["name"].replace(_PLATFORM, platform, 1), "rules": rules}


def _in_namespaces(expression: str, names: dict[str, str]) -> str:
    """The expression with every matcher of a namespace turned to the one of the stack, all of them at once."""
    first, *rest = expression.split('namespace="')
    moved = (part.partition('"') for part in rest)
    return first + "".join(f'namespace="{names[name]}"{after}' for name, _, after in moved)
