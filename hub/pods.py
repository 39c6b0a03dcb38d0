"""What a pod tells about a user's server: decisions over what the API answered, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from hub.homes import SERVERNAME, USERNAME, Owner

CONTAINER = "notebook"
Pod = Mapping[str, Any]
"""A Pod as the API answers it."""


class Answer(Enum):
    """What the API says instead of a pod."""

    ABSENT = auto()
    """It answered that there is none."""
    SILENT = auto()
    """It did not answer, so nothing is known."""


@dataclass(frozen=True)
class Stopped:
    exit_code: int


def exit_code_of(pod: Pod) -> int | None:
    """How the server ended; None unless the pod itself says that it did."""
    for container in pod["status"].get("containerStatuses") or []:
        if container["name"] == CONTAINER and "terminated" in container["state"]:
            return int(container["state"]["terminated"]["exitCode"])
    return {"Succeeded": 0, "Failed": 1}.get(pod["status"].get("phase"))


def verdict(seen: Pod | Answer) -> Stopped | None:
    """Whether a server has stopped. Silence is no evidence."""
    if isinstance(seen, Answer):
        return Stopped(1) if seen is Answer.ABSENT else None
    code = exit_code_of(seen)
    return None if code is None else Stopped(code)


class Standing(Enum):
    """What to do when a server is to be started and a pod of its name is there already."""

    KEEP = auto()
    """It runs or is on its way: use it, with its kernels."""
    WAIT = auto()
    """It is going away."""
    REMOVE = auto()
    """It has ended."""
    FOREIGN = auto()
    """It is somebody else's."""


def standing(pod: Pod, owner: Owner) -> Standing:
    annotations: Mapping[str, str] = pod["metadata"].get("annotations") or {}
    if Owner(annotations.get(USERNAME, ""), annotations.get(SERVERNAME, "")) != owner:
        return Standing.FOREIGN
    if pod["metadata"].get("deletionTimestamp"):
        return Standing.WAIT
    return Standing.KEEP if exit_code_of(pod) is None else Standing.REMOVE


def api_token_of(pod: Pod) -> str | None:
    """The token the server inside was given; only the hub that knows it can speak with that server."""
    for container in pod["spec"]["containers"]:
        for variable in container.get("env") or []:
            if container["name"] == CONTAINER and variable["name"] == "JUPYTERHUB_API_TOKEN":
                return variable.get("value")
    return None
