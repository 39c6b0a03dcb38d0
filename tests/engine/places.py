"""Everywhere that a secret must not be, as texts by the name of the place."""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from lab.paths import CACHE
from tests.e2e.cluster import kubectl, objects

_KEPT_BY_US: Final = ("state", "run", "traits")
"""What `make up` writes below the cache; the rest is programs and images."""


def logs(namespaces: Iterable[str]) -> dict[str, str]:
    """Of every container that runs there or ran."""
    return {
        f"log of {namespace}/{pod['metadata']['name']}/{container['name']}": kubectl(
            "logs", pod["metadata"]["name"], "--namespace", namespace, "--container", container["name"], check=False
        )
        for namespace in namespaces
        for pod in objects("pods", namespace)
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
    }


def declarations(namespaces: Collection[str]) -> dict[str, str]:
    """Every object of every kind: specifications, annotations, events, ConfigMaps, claims. Of Secrets what is around the data."""
    kinds = kubectl("api-resources", "--namespaced=true", "--verbs=list", "--output=name").split()
    # One question for each kind, however many namespaces there are.
    listed = json.loads(kubectl("get", ",".join(sorted(kinds)), "--all-namespaces", "--output=json"))["items"]
    return {
        f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}": json.dumps(_without_data(item))
        for item in listed
        if item["metadata"]["namespace"] in namespaces
    }


def command_lines() -> dict[str, str]:
    """Of every process of this machine, the lab's containers included."""
    return _of_processes("cmdline")


def environments() -> dict[str, str]:
    return _of_processes("environ")


def files() -> dict[str, str]:
    """What `make up` leaves on this machine; the state is encrypted, and looked through as it lies there."""
    return {
        str(path.relative_to(CACHE)): path.read_bytes().decode(errors="replace")
        for folder in _KEPT_BY_US
        for path in sorted((CACHE / folder).rglob("*"))
        if path.is_file()
    }


def _without_data(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if item["kind"] != "Secret" or key != "data"}


def _of_processes(file: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name = Path((process / "cmdline").read_text().partition("\0")[0]).name
            found[f"{file} of {name} ({process.name})"] = (process / file).read_bytes().decode(errors="replace")
    return found
