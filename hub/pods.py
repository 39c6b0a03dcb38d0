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


def state_of(pod: Pod) -> dict[str, dict[str, Any]]:
    """The state of the server's container; empty while there is none."""
    return _server_in(pod["status"].get("containerStatuses")).get("state", {})


def unready(pod: Pod) -> str | None:
    """What the container said that makes the pod ready before the server starts, if it failed."""
    for container in pod["status"].get("initContainerStatuses") or ():
        for state in (container.get("state", {}), container.get("lastState", {})):
            ended = state.get("terminated", {})
            if ended.get("exitCode"):
                return str(ended.get("message") or f"{container['name']} ended with {ended['exitCode']}").strip()
    return None


def unplaced(pod: Pod) -> str | None:
    """Why no node takes it, as the scheduler sees it now. Its events may keep to what it said first."""
    for condition in pod["status"].get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return condition.get("message")
    return None


def exit_code_of(pod: Pod) -> int | None:
    """How the server ended; None unless the pod itself says that it did."""
    ended = state_of(pod).get("terminated")
    if ended is not None:
        return int(ended["exitCode"])
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
    variables: list[dict[str, Any]] = _server_in(pod["spec"]["containers"]).get("env") or []
    return next((each.get("value") for each in variables if each["name"] == "JUPYTERHUB_API_TOKEN"), None)


def _server_in(containers: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {each["name"]: each for each in containers or []}.get(CONTAINER, {})
