"""What an engineer at a terminal sees of the lab's cluster."""

import base64
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from lab.paths import KUBECONFIG, KUBECTL


def kubectl(*arguments: str, check: bool = True, given: str | None = None) -> str:
    done = subprocess.run(
        [str(KUBECTL), "--kubeconfig", str(KUBECONFIG), *arguments],
        capture_output=True,
        text=True,
        check=False,
        input=given,
        timeout=180,
    )
    if check and done.returncode:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout if done.returncode == 0 else done.stderr


def objects(kind: str, namespace: str, *arguments: str) -> list[dict[str, Any]]:
    return json.loads(kubectl("get", kind, "--namespace", namespace, "--output", "json", *arguments))["items"]


def secret(namespace: str, name: str, key: str) -> str:
    [found] = [item for item in objects("secret", namespace) if item["metadata"]["name"] == name]
    return base64.b64decode(found["data"][key]).decode()


def pod_of(namespace: str, user: str) -> dict[str, Any]:
    [pod] = objects("pod", namespace, "--selector", f"hub.jupyter.org/username={user}")
    return pod


def eventually(what: str, holds: Callable[[], bool], seconds: float) -> float:
    """Waits until something holds and says how long that took; fails with its name."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.5)
    return time.monotonic() - started
