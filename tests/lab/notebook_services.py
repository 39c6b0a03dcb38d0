"""Runs inside a notebook pod: what its user has of a service called lake, and of what is found. The last line says it as JSON."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

NAMES = ("LAKE", "FOUND")
SERVICE_ENV = "/home/jovyan/.config/site/service-env.sh"


def held(variable: str) -> str | None:
    """What a file holds that a variable points to."""
    file = os.environ.get(variable)
    return None if file is None else Path(file).read_text()


def answer(host: str, port: int) -> str | None:
    try:
        with socket.create_connection((host, port), timeout=3) as connection:
            return connection.recv(64).decode()
    except OSError:
        return None


def sourced() -> str:
    """The same names in a shell that inherits nothing."""
    return subprocess.run(
        ("env", "-i", "sh", "-c", f". {SERVICE_ENV}; env"), capture_output=True, text=True, check=True
    ).stdout


def ours(lines: list[str]) -> list[str]:
    return sorted(line for line in lines if line.startswith(NAMES))


told: dict[str, object] = {
    "environment": ours([f"{name}={value}" for name, value in os.environ.items()]),
    "sourced": ours(sourced().splitlines()),
    "token": held("LAKE_TOKEN_FILE"),
    "answer": answer("lake.profiles-lake", 80),
    "address": answer(sys.argv[1], 8080),
    "credentials": [str(file) for file in Path("/run/secrets").glob("**/LAKE_TOKEN")],
    "settings of other programs": os.access("/home/jovyan/.config", os.W_OK),
    "account": Path("/var/run/secrets/kubernetes.io").exists(),
}
print(json.dumps(told))
