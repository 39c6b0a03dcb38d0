"""The last step of every `up`: the way from this machine to the hub, and the proof that it answers."""

import time
import urllib.error
import urllib.request
from typing import Final

from components.naming import PROXY_PUBLIC_SERVICE
from deploy import forward
from deploy.kubectl import Kubectl
from lab.problem import Problem
from settings import Settings
from settings.exposure import PortForward

_HEALTH: Final = "/hub/health"
_SECONDS: Final = 60.0


def url(settings: Settings) -> str:
    exposure = settings.exposure
    return f"http://127.0.0.1:{exposure.port}" if isinstance(exposure, PortForward) else f"https://{exposure.host}"


def require_port(stack: str, settings: Settings) -> None:
    """Before anything is changed: the port has to be ours or free."""
    exposure = settings.exposure
    if not isinstance(exposure, PortForward):
        return
    ours = forward.running(stack)
    if not (ours and ours.port == exposure.port) and not forward.port_is_free(exposure.port):
        raise Problem(
            f"exposure.port: port {exposure.port} of this machine is taken by another program; end that, or choose another port"
        )


def connect(stack: str, settings: Settings, kubectl: Kubectl) -> bool:
    """Have the port forwarded where the stack asks for that; True when it had to be started."""
    exposure = settings.exposure
    if not isinstance(exposure, PortForward):
        return False
    return forward.ensure(stack, exposure.port, [settings.namespace.name, PROXY_PUBLIC_SERVICE, *kubectl.command()])


def require_health(stack: str, settings: Settings) -> None:
    end = time.monotonic() + _SECONDS
    while trouble := answer(settings):
        if time.monotonic() > end:
            log = forward.log_of(stack)
            tail = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
            raise Problem("\n".join([f"{url(settings)}{_HEALTH}: {trouble}", *(f"  | {line}" for line in tail)]))
        time.sleep(0.3)


def answer(settings: Settings) -> str | None:
    """None when the hub answers through its public address, else what came instead."""
    # A proxy for the outside is never asked for an address of this machine.
    proxies: dict[str, str] | None = {} if isinstance(settings.exposure, PortForward) else None
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler(proxies)).open(url(settings) + _HEALTH, timeout=3):
            return None
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}"
    except OSError as error:
        return f"it does not answer: {error}"
