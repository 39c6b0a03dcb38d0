"""The stand-in of Cloudflare where the lab's pods find it: at an address that a stack's policies take for one of the internet.

Nothing of a platform is made for this. cloudflared is told where its edge is as anybody can tell it, by its environment; it
finds the keys of Access by their name, which leads here; and it trusts this authority, as any program of Go can be told to.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from lab import cloudflare
from lab.cloudflare import Cloudflare
from lab.commands import run
from lab.up import kubectl, kubectl_apply

# Of the range that is kept for examples: nobody has it, and no policy knows it for private.
ADDRESS = "203.0.113.7"
CONNECTORS = 7844
_AUTHORITY = "stand-in-of-cloudflare"
_FOLDER = "/run/stand-in-of-cloudflare"
_FILE = "authority.pem"


@contextmanager
def serving(domain: str, team: str, *, account: str = "", zone: str = "") -> Generator[Cloudflare]:
    """One that answers at the ports that the real one has, on this machine only."""
    places = (f"-address={ADDRESS}", "-visitors=443", f"-edge={CONNECTORS}")
    # Left from a run that was killed, it is there already.
    run("ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo")
    try:
        with cloudflare.running(domain, team, account=account, zone=zone, places=places) as there:
            yield there
    finally:
        run("ip", "address", "delete", f"{ADDRESS}/32", "dev", "lo")


def lead(namespace: str, there: Cloudflare, *deployments: str) -> None:
    """Whom their pods, each named as its Deployment, would find on the internet, they find here."""
    kubectl_apply(json.dumps(_authority(namespace, there)))
    for name in deployments:
        kubectl("patch", f"--namespace={namespace}", f"deployment/{name}", f"--patch={json.dumps(_led(name, there))}")


def _authority(namespace: str, there: Cloudflare) -> dict[str, Any]:
    metadata = {"name": _AUTHORITY, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {_FILE: there.authority.read_text()}}


def _led(container: str, there: Cloudflare) -> dict[str, Any]:
    environment = {
        "TUNNEL_EDGE": there.edge,
        "TUNNEL_TRANSPORT_PROTOCOL": "http2",
        "SSL_CERT_FILE": f"{_FOLDER}/{_FILE}",
    }
    led = {
        "name": container,
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "volumeMounts": [{"name": _AUTHORITY, "mountPath": _FOLDER, "readOnly": True}],
    }
    pod = {
        "hostAliases": [{"ip": ADDRESS, "hostnames": [f"{there.team}.cloudflareaccess.com"]}],
        "containers": [led],
        "volumes": [{"name": _AUTHORITY, "configMap": {"name": _AUTHORITY}}],
    }
    return {"spec": {"template": {"spec": pod}}}
