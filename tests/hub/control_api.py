"""Plays a cluster's control API, well or badly: `PUT /mode` says how. Needs nothing but Python, so that any pod can run it."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = Any
SLOW = 20.0


def image(name: str, registry: str = "lab.local", repository: str = "", tag: str = "1", **more: Json) -> Json:
    origin = {"registry": registry, "repository": repository or f"library/{name}", "tag": tag, "image_size": None}
    return {"name": name, "display_name": name.title(), "description": "", "default": False, "metadata": origin, **more}


def node(name: str, cpu: float, memory: str, gpu: int) -> Json:
    size = {"cpu": cpu, "memory": memory, "gpu": gpu}
    return {"name": name, "capacity": size, "allocated": size, "available": size, "gpu_details": []}


GOOD: dict[str, Json] = {
    "/api/v1/images/jupyter": [image("tk-jupyter-scipy", default=True), image("tk-jupyter-ml-cpu")],
    "/api/v1/cluster/resources": [node("thin", 4, "8Gi", 0), node("fat", 16, "64Gi", 2)],
    "/api/v1/jupyterhub/config": {
        "id": "1",
        "default_node": None,
        "default_cpu_cores": 2,
        "default_memory_gb": 4,
        "default_gpu_count": 0,
        "updated_at": "2026-01-01T00:00:00",
    },
}
IMAGES, NODES, CONFIG = GOOD
BAD: dict[str, dict[str, Json]] = {
    "empty": {IMAGES: [], NODES: []},
    "foreign image": {
        IMAGES: [image("evil", registry="evil.example.com"), image("good"), image("sly", "lab.local.evil.org")]
    },
    "image outside the path": {IMAGES: [image("x", repository="librarian/x")]},
    "no list": {IMAGES: {"images": []}},
    "number for a name": {IMAGES: [{**image("x"), "name": 5}]},
    "name over two lines": {IMAGES: [{**image("x"), "display_name": "a\nb"}]},
    "tag that is none": {IMAGES: [image("x", tag="1@evil")]},
    "reference that climbs": {IMAGES: [image("x", repository="library/../evil/x")]},
    "cores as a text": {NODES: [node("a", "4", "8Gi", 0)]},  # pyright: ignore[reportArgumentType] - that is the point
    "memory without a unit that exists": {NODES: [node("a", 4, "8 apples", 0)]},
    "truth value for a count": {NODES: [node("a", 4, "8Gi", True)]},
    "negative count": {NODES: [node("a", 4, "8Gi", -1)]},
    "node with a blank": {NODES: [node("a b", 4, "8Gi", 0)]},
    "defaults missing": {CONFIG: {}},
    "defaults as texts": {CONFIG: {**GOOD[CONFIG], "default_cpu_cores": "2"}},
    "null": {NODES: None},
}


class ControlApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], good: dict[str, Json] = GOOD) -> None:
        super().__init__(address, _Answers)
        self.good = good
        self.mode = "good"
        self.asked = 0


class _Answers(BaseHTTPRequestHandler):
    server: ControlApi  # pyright: ignore[reportIncompatibleVariableOverride] - it is always ours

    def do_PUT(self) -> None:
        self.server.mode = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(200, b"{}")

    def do_GET(self) -> None:
        self.server.asked += 1
        match self.server.mode:
            case "500":
                self._answer(500, b"[]")
            case "slow":
                time.sleep(SLOW)
                self._answer(200, b"[]")
            case "garbage":
                self._answer(200, b"<html>")
            case "redirect":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/")
                self.end_headers()
            case "huge":
                self._answer(200, b"[" + b" " * 2**21 + b"]")
            case mode:
                said = {**self.server.good, **BAD.get(mode, {})}
                self._answer(200, json.dumps(said[self.path]).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    port, *given = sys.argv[1:]
    ControlApi(("", int(port)), json.loads(given[0]) if given else GOOD).serve_forever()
