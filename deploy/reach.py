"""The last step of every `up`: the way from this machine to the hub, and the proof that it answers."""

import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from components.hub.config import public_url
from components.naming import PROXY_PUBLIC_SERVICE
from deploy import forward
from deploy.console import note
from deploy.kubectl import Kubectl
from lab.problem import Problem
from settings import Settings
from settings.cluster import Lab
from settings.contract import SERVER, contract
from settings.exposure import Ingress, PortForward

_HEALTH: Final = "/hub/health"
_SECONDS: Final = 60.0
_LOOPBACK: Final = "127.0.0.1"
_THIS_MACHINE: Final = re.compile(r"(.*\.)?localhost")
"""Names that browsers look for on this machine, whatever its own resolver says."""


@dataclass(frozen=True)
class Forwarded:
    """A port of this machine that leads into the cluster."""

    name: str
    port: int
    key: str
    """Of the stack file: what asks for it."""
    namespace: str
    service: str


def forwarded(stack: str, settings: Settings) -> list[Forwarded]:
    """The ports a stack needs."""
    return [*to_login(stack, settings), *_to_hub(stack, settings)]


def to_login(stack: str, settings: Settings) -> list[Forwarded]:
    """To a Keycloak of ours: whoever makes its realm may need that before there is a hub."""
    ours = settings.keycloak_of_ours
    if ours is None:
        return []
    return [Forwarded(f"{stack}.{SERVER}", ours.port, "identity.server.port", settings.namespace.name, SERVER)]


def _to_hub(stack: str, settings: Settings) -> list[Forwarded]:
    """The lab has no load balancer: its controller is shared by all stacks with a host name."""
    match settings.exposure, settings.cluster:
        case PortForward(port=port), _:
            return [Forwarded(stack, port, "exposure.port", settings.namespace.name, PROXY_PUBLIC_SERVICE)]
        case Ingress(controller=controller), Lab():
            ports = (("web", 80), ("websecure", 443))
            return [
                Forwarded(f"lab-{name}", port, "exposure.host", controller.namespace, f"traefik:{name}")
                for name, port in ports
            ]
        case _:
            return []


def url(settings: Settings) -> str:
    exposure = settings.exposure
    if isinstance(exposure, PortForward):
        return f"http://{_LOOPBACK}:{exposure.port}"
    return (public_url(exposure) or "").rstrip("/")


def require_port(stack: str, settings: Settings) -> None:
    """Before anything is changed: the ports have to be ours or free."""
    for wanted in forwarded(stack, settings):
        ours = forward.running(wanted.name)
        if not (ours and ours.port == wanted.port) and not forward.port_is_free(wanted.port):
            another = "port" if wanted.key.endswith(".port") else "way in exposure"
            raise Problem(
                f"{wanted.key}: port {wanted.port} of this machine is taken by another program; end that, or choose another "
                f"{another}"
            )


def connect(ways: Iterable[Forwarded], kubectl: Kubectl) -> None:
    """Have the ports forwarded; each leads to its pod from when that is ready."""
    for wanted in ways:
        forward.ensure(wanted.name, wanted.port, [wanted.namespace, wanted.service, *kubectl.command()])


def disconnect(stack: str) -> None:
    """End the ways that no other stack uses."""
    for name in (f"{stack}.{SERVER}", stack):
        forward.stop(name)


def require_health(stack: str, settings: Settings) -> None:
    end = time.monotonic() + _SECONDS
    while trouble := [f"{where}: {why}" for where, why in answers(settings).items() if why]:
        if time.monotonic() > end:
            logs = [forward.log_of(wanted.name) for wanted in forwarded(stack, settings)]
            tail = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()[-5:]]
            raise Problem("\n".join([*trouble, *(f"  | {line}" for line in tail)]))
        time.sleep(0.3)
    for hint in hints(settings):
        note(hint)


def hints(settings: Settings) -> Iterator[str]:
    """What a browser on this machine may still lack, although the hub answers."""
    host = urlsplit(url(settings)).hostname or ""
    if _is_here(settings) and not _means_this_machine(host):
        yield f"browsers find {host} once the hosts file of this machine says: {_LOOPBACK} {host}"
    if reason := distrust(settings):
        yield f"this machine does not trust the certificate, and browsers may not either: {reason}"


def answers(settings: Settings) -> dict[str, str | None]:
    """What this machine should reach, each with what is wrong: the hub, and the realm in a Keycloak of ours."""
    agreed = contract(settings) if settings.runs_keycloak else None
    asked = {agreed.issuer: _trouble(urllib.request.Request(agreed.issuer), here=True)} if agreed else {}  # noqa: S310 - of the stack file
    return {url(settings): answer(settings), **asked}


def answer(settings: Settings) -> str | None:
    """None when the hub answers through its public address, else what came instead."""
    where = urlsplit(url(settings))
    local = _is_here(settings)
    address = f"{where.scheme}://{_LOOPBACK}:{where.port or _port(where.scheme)}" if local else url(settings)
    request = urllib.request.Request(address + _HEALTH, headers={"Host": where.netloc})  # noqa: S310 - of the stack file
    return _trouble(request, here=local)


def _trouble(request: urllib.request.Request, *, here: bool) -> str | None:
    # A proxy for the outside is never asked for an address of this machine; who is trusted is a question of its own.
    handlers = (urllib.request.ProxyHandler({} if here else None), urllib.request.HTTPSHandler(context=_trusting()))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=3):
            return None
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}"
    except OSError as error:
        return f"it does not answer: {error}"


def distrust(settings: Settings) -> str | None:
    """Why this machine does not trust the certificate people are shown; None where there is none, or it does."""
    where = urlsplit(url(settings))
    if where.scheme != "https":
        return None
    host = where.hostname or ""
    address = (_LOOPBACK if _is_here(settings) else host, _port("https"))
    try:
        with (
            socket.create_connection(address, timeout=3) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError:
        # Only a proxy for the outside leads there.
        return None


def _is_here(settings: Settings) -> bool:
    """The lab's controller is reached at this machine, whatever the host name."""
    return isinstance(settings.cluster, Lab) or _means_this_machine(urlsplit(url(settings)).hostname or "")


def _means_this_machine(host: str) -> bool:
    return host == _LOOPBACK or _THIS_MACHINE.fullmatch(host) is not None


def _port(scheme: str) -> int:
    return {"http": 80, "https": 443}[scheme]


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
