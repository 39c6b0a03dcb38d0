"""Why a server did not start, in words for the person who waits for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from jupyterhub.spawner import SpawnException
from tornado.web import HTTPError

from hub.pods import Pod, state_of, unplaced, unready

FORBIDDEN, SERVER_ERROR = 403, 500
SILENCE = "the cluster does not answer now; try again in a minute"
_WAITING = {
    "ErrImagePull": "its image could not be pulled",
    "ImagePullBackOff": "its image could not be pulled",
    "ErrImageNeverPull": "its image is not on the node",
    "InvalidImageName": "the name of its image is not valid",
    "CrashLoopBackOff": "it ended again and again right after its start",
    "CreateContainerConfigError": "its container could not be set up",
    "CreateContainerError": "its container could not be made",
    "RunContainerError": "its container could not be started",
}
_EVENTS = {
    "FailedScheduling": "no node has room for it",
    "FailedAttachVolume": "its home could not be attached",
    "FailedMount": "its home could not be mounted",
    "FailedCreatePodSandBox": "its network could not be set up",
    "Evicted": "its node ran out of resources",
}


class Refusal(SpawnException):
    """The server is not to be started; nothing is broken."""

    def __init__(self, reason: str, message: str, status_code: int) -> None:
        super().__init__(message, reason=reason, status_code=status_code)
        self.jupyterhub_message = message


class StartError(HTTPError):
    """The platform could not start the server, and is counted as having failed."""

    def __init__(self, cause: str) -> None:
        self.jupyterhub_message = f"Your server did not start: {cause}."
        super().__init__(500, "%s", self.jupyterhub_message)


def why_not_started(pod: Pod | None, events: Iterable[Mapping[str, Any]]) -> str | None:
    """The cause as far as the cluster tells; the pod's own word goes before its events, the last event before earlier ones."""
    if pod is not None and (said := unready(pod)):
        return _with_detail("what it needs could not be made ready", said)
    if pod is not None and (said := unplaced(pod)):
        return _with_detail(_EVENTS["FailedScheduling"], said)
    waiting = {} if pod is None else state_of(pod).get("waiting", {})
    if waiting.get("reason") in _WAITING:
        return _with_detail(_WAITING[waiting["reason"]], waiting.get("message"))
    for event in reversed(list(events)):
        if event.get("reason") in _EVENTS:
            return _with_detail(_EVENTS[event["reason"]], event.get("message"))
    return None


def why_refused(status: int, message: str) -> str:
    """What it means that the API refused to make the pod or the home."""
    if status >= SERVER_ERROR:
        return SILENCE
    if status == FORBIDDEN and "exceeded quota" in message:
        return "the platform has no room for another server now; stop one of yours, or try again later"
    if status == FORBIDDEN and "violates PodSecurity" in message:
        return _with_detail("the cluster's security rules refuse it", message)
    return _with_detail("the cluster refused it", message)


def _with_detail(cause: str, detail: str | None) -> str:
    return f"{cause} ({detail.strip()})" if detail else cause
