"""The way from this machine to the hub: which ports lead there, what is called its address, and whether it answers."""

import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy import forward, reach
from lab.problem import Problem
from settings import Settings
from settings.extends import merged
from settings.load import parse, read, settings_of, stack_file

OWN = {"cluster": {"kind": "context", "context": "rancher-desktop"}}
PORT = 18000


PASSWORD = {"kind": "password", "password": {"kind": "generated"}, "admins": ["admin"]}
KEYCLOAK = {
    "kind": "keycloak",
    "server": {"kind": "in_cluster", "port": 8124, "size": "1Gi", "people": {"admin": ["admins"]}},
    "realm": {"kind": "made", "name": "jupyterhub"},
    "groups": {"users": ["users"], "admins": ["admins"]},
    "sessions": {"idle": "12h", "longest": "7d"},
    "grace": "30m",
}


def exposed(exposure: dict[str, Any], identity: dict[str, Any] = PASSWORD, **more: object) -> Settings:
    return parse(merged(settings_of("dev"), {"exposure": exposure, "identity": identity, **more}), "changed")


def ingress(host: str, tls: dict[str, str] | None = None) -> dict[str, Any]:
    return {"kind": "ingress", "host": host, "controller": {"kind": "traefik"}, "public": False, "tls": tls}


SECRET = {"kind": "secret", "name": "hub-tls"}


@pytest.mark.parametrize(
    ("settings", "url", "ports"),
    [
        (exposed({"kind": "port_forward", "port": 8123}), "http://127.0.0.1:8123", {"mine": 8123}),
        (exposed({"kind": "port_forward", "port": 8123}, **OWN), "http://127.0.0.1:8123", {"mine": 8123}),
        (
            exposed({"kind": "port_forward", "port": 8123}, KEYCLOAK, **OWN),
            "http://127.0.0.1:8123",
            {"mine": 8123, "mine.keycloak": 8124},
        ),
        (exposed(ingress("hub.localhost")), "http://hub.localhost", {"lab-web": 80, "lab-websecure": 443}),
        (exposed(ingress("hub.localhost", SECRET)), "https://hub.localhost", {"lab-web": 80, "lab-websecure": 443}),
        (exposed(ingress("hub.localhost"), **OWN), "http://hub.localhost", {}),
        (exposed(ingress("hub.example.org", SECRET), **OWN), "https://hub.example.org", {}),
    ],
    ids=["lab", "own", "own, with a Keycloak", "lab, host", "lab, https", "own, host", "own, https"],
)
def test_only_the_lab_needs_ports_for_a_host_name(settings: Settings, url: str, ports: dict[str, int]) -> None:
    assert reach.url(settings) == url
    assert {wanted.name: wanted.port for wanted in reach.forwarded("mine", settings)} == ports


def test_all_stacks_of_the_lab_share_the_ways_to_its_controller() -> None:
    ways = [reach.forwarded(name, read(stack_file(name))) for name in ("urbalurba-lab", "thinkube-lab", "ingress")]
    assert ways[0] == ways[1] == ways[2]


@pytest.mark.parametrize(("key", "port"), [("exposure.port", PORT), ("identity.server.port", 8124)])
def test_a_port_of_somebody_else_is_told_with_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, port: int
) -> None:
    monkeypatch.setattr(forward, "RUN", tmp_path)
    settings = exposed({"kind": "port_forward", "port": PORT}, KEYCLOAK)
    reach.require_port("mine", settings)
    taken = rf"^{re.escape(key)}: port {port} .* choose another port$"
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Problem, match=taken):
        reach.require_port("mine", settings)


def test_the_ways_of_one_stack_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "RUN", tmp_path)
    settings = exposed({"kind": "port_forward", "port": PORT}, KEYCLOAK)
    ways = [wanted.name for wanted in reach.forwarded("mine", settings)]
    for name in [*ways, "lab-web"]:
        forward.ensure(name, PORT, ["here", "nothing", "false"])
    reach.disconnect("mine")
    assert [forward.running(name) for name in ways] == [None, None]
    assert forward.stop("lab-web")


def test_a_keycloak_of_ours_is_asked_for_its_realm() -> None:
    settings = exposed({"kind": "port_forward", "port": PORT}, KEYCLOAK)
    assert set(reach.answers(settings)) == {f"http://127.0.0.1:{PORT}", "http://127.0.0.1:8124/realms/jupyterhub"}
    assert all(trouble and "does not answer" in trouble for trouble in reach.answers(settings).values())


class Hub(BaseHTTPRequestHandler):
    """Answers to one name only, as a controller does."""

    host = "hub.localhost"

    def do_GET(self) -> None:
        self.send_response(200 if (self.path, self.headers["Host"]) == ("/hub/health", self.host) else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture(params=["http", "https"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A host name of this machine behind which something answers, at a port of the test's own."""
    server = HTTPServer(("127.0.0.1", 0), Hub)
    if request.param == "https":
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "certificate")]
        named = ["-subj", "/CN=hub", "-addext", "subjectAltName=DNS:hub.localhost"]
        subprocess.run([*command, *named, *files], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    ports = dict.fromkeys(("http", "https"), server.server_port)
    monkeypatch.setattr(reach, "_port", ports.__getitem__)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield exposed(ingress("hub.localhost", SECRET if request.param == "https" else None), **OWN)
    server.shutdown()
    server.server_close()


def test_the_hub_is_asked_by_the_name_people_use(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy for the outside is not asked for a name that means this machine.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    assert reach.answer(settings) is None
    reach.require_health("mine", settings)


def test_what_answers_to_another_name_is_not_the_hub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hub, "host", "other.localhost")
    assert reach.answer(settings) == "it answers 404"


def test_a_certificate_nobody_vouches_for_is_told_and_no_reason_to_stop(settings: Settings) -> None:
    told = list(reach.hints(settings))
    if reach.url(settings).startswith("https"):
        assert told == [
            "this machine does not trust the certificate, and browsers may not either: self-signed certificate"
        ]
    else:
        assert told == []


@pytest.mark.parametrize("settings", ["http"], indirect=True)
def test_the_lab_is_here_under_any_name_and_says_what_browsers_need_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "host", "hub.example.org")
    there = exposed(ingress("hub.example.org"))
    assert reach.answer(there) is None
    assert list(reach.hints(there)) == [
        "browsers find hub.example.org once the hosts file of this machine says: 127.0.0.1 hub.example.org"
    ]
    assert reach.answer(settings) == "it answers 404"


def test_silence_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    said = reach.answer(exposed({"kind": "port_forward", "port": port}))
    assert said is not None
    assert "does not answer" in said
