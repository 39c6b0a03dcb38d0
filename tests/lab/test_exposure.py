"""The hub behind a real Traefik, under a host name, with a wildcard certificate of another namespace."""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from settings.load import ROOT
from tests.e2e.cluster import eventually, kubectl, secret
from tests.isolation.oracle import HUB, REFUSED
from tests.lab.through_ingress import HOST, Client
from tests.lab.written_otherwise import ALICE, answered, is_astray, who

pytestmark = pytest.mark.lab

SOURCE = "wildcard-tls"
FORGED = {
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Port": "8080",
    "X-Scheme": "http",
    "Forwarded": "proto=http;host=evil.example.org",
}
UPLOAD_BYTES = 300 * 2**20
QUIET_SECONDS = 5
START_SECONDS = 90


def make_certificate(folder: Path, name: str) -> Path:
    """A certificate for the host, signed by itself, that is the wildcard one from now on."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{HOST}"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    files = (f"--cert={certificate}", f"--key={key}")
    made = kubectl(
        "--namespace=default", "create", "secret", "tls", SOURCE, *files, "--dry-run=client", "--output=json"
    )
    kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", given=made)
    return certificate


def make(verb: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", verb, "STACK=ingress", "WAY=kubectl"],
        cwd=ROOT,
        env=os.environ | {"CI": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The certificate of a stack that is up."""
    made = make_certificate(tmp_path_factory.mktemp("certificates"), "first")
    said = make("up")
    assert f"JupyterHub is at https://{HOST}\n" in said
    assert "does not trust the certificate" in said
    eventually("Traefik serves the certificate", lambda: trusted(made), 30)
    yield made
    make("destroy")
    kubectl("--namespace=default", "delete", "secret", SOURCE)


@pytest.fixture
def client(certificate: Path) -> Client:
    return Client(certificate)


def trusted(certificate: Path) -> bool:
    """Whether what the host shows is this very certificate."""
    context = ssl.create_default_context(cafile=str(certificate))
    try:
        with (
            socket.create_connection(("127.0.0.1", 443), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=HOST),
        ):
            return True
    except (ssl.SSLError, OSError):
        return False


def unprotected(client: Client) -> list[str]:
    """The cookies that a browser would send in the clear too, save a server's token for forms, worth nothing without a login."""
    kept = {place: morsel for place, morsel in client.cookies.items() if morsel.value}
    assert any(morsel["secure"] for morsel in kept.values())
    return [place for place, morsel in kept.items() if not morsel["secure"] and not place.startswith("_xsrf /user/")]


def password() -> str:
    return secret("ingress", "login-password", "login-password")


async def test_whoever_comes_in_the_clear_is_led_to_https(client: Client) -> None:
    for headers in ({}, {"X-Forwarded-Proto": "https", "X-Scheme": "https"}):
        answer = await client.ask("/hub/login?next=%2Fhub%2Fhome", scheme="http", headers=headers, follow=False)
        assert answer.code in (301, 308)
        assert answer.headers["Location"] == f"https://{HOST}/hub/login?next=%2Fhub%2Fhome"


@pytest.mark.parametrize("headers", [{}, FORGED], ids=["honest", "forged"])
async def test_a_login_stays_encrypted_whatever_a_request_claims(client: Client, headers: dict[str, str]) -> None:
    await client.log_in("bob", password(), headers)
    assert {address.split("/")[2] for address in client.seen} == {HOST}
    assert all(address.startswith("https://") for address in client.seen)
    assert unprotected(client) == []
    answer = await client.ask("/hub/home", headers=headers)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "evil.example.org" not in answer.body.decode()


async def enter(client: Client) -> None:
    """Have alice's server run, and be let in: by a page, since whoever asks for data is not led to the login."""
    await client.log_in("alice", password())
    await client.ask("/hub/spawn")
    token = next(morsel.value for morsel in client.cookies.values() if morsel.key == "_xsrf")
    await client.ask("/hub/spawn", form={"profile": "large", "_xsrf": token})
    end = time.monotonic() + START_SECONDS
    while (page := await client.ask("/user/alice/lab")).code != 200 or not is_of(page.effective_url, "/user/alice/"):
        assert time.monotonic() < end, f"{page.code} {page.effective_url}"
        await asyncio.sleep(0.5)
    assert (await client.ask("/user/alice/api/status")).code == 200


def is_of(address: str, path: str) -> bool:
    return urlsplit(address).path.startswith(path)


async def test_a_server_is_used_through_the_controller(client: Client) -> None:
    """Its cookies are secure, its kernels talk, silence cuts nothing, and an upload may be large."""
    await enter(client)
    assert unprotected(client) == []
    assert all(address.startswith(f"https://{HOST}/") for address in client.seen)

    body = json.dumps({"type": "file", "format": "text", "content": "x" * UPLOAD_BYTES}).encode()
    sent = await client.send("PUT", "/user/alice/api/contents/large.txt", body)
    # The home may have it from an earlier day.
    assert sent.code in (200, 201), sent.body[:300]

    kernel = json.loads((await client.send("POST", "/user/alice/api/kernels", b"{}")).body)["id"]
    talk = await client.talk(f"/user/alice/api/kernels/{kernel}/channels")
    await asyncio.sleep(QUIET_SECONDS)
    assert await executed(talk, "import os; print(os.path.getsize('large.txt'))") == f"{UPLOAD_BYTES}\n"
    await end(talk)


async def test_a_path_written_otherwise_leads_to_no_other_server(certificate: Path, client: Client) -> None:
    await enter(client)
    # Not by a forwarded port: kubectl gives up all of its connections when a server resets one, as it may some of these.
    address = kubectl("get", "service", "traefik", "--namespace=kube-system", "--output=jsonpath={.spec.clusterIP}")
    found = await answered(address, HOST, ssl.create_default_context(cafile=str(certificate)), 900, seed=7)
    by = {request: who(answer) for request, answer in found.items()}
    assert {request: name for request, name in by.items() if is_astray(request, name)} == {}
    assert min(Counter(by.values())[name] for name in (ALICE, HUB, REFUSED)) > 10


async def end(talk: Any) -> None:
    """Until the server has said good-bye too: a socket that outlives its test is a warning in another's."""
    talk.close()
    while await asyncio.wait_for(talk.read_message(), 30) is not None:
        pass


async def executed(talk: Any, code: str) -> str:
    """What the kernel prints."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "test", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await talk.write_message(json.dumps(message))
    while True:
        said = await asyncio.wait_for(talk.read_message(), 30)
        assert isinstance(said, str), "the connection ended"
        found = json.loads(said)
        if found["msg_type"] == "stream" and found["parent_header"]["msg_id"] == header["msg_id"]:
            return found["content"]["text"]


async def silent(talk: Any, seconds: float) -> None:
    """Says nothing but reads, as a browser does: who does not read answers no ping, and is given up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while await talk.read_message() is not None:
                pass


@pytest.mark.soak
async def test_a_silent_connection_stays_for_minutes(client: Client) -> None:
    await enter(client)
    kernel = json.loads((await client.send("POST", "/user/alice/api/kernels", b"{}")).body)["id"]
    talk = await client.talk(f"/user/alice/api/kernels/{kernel}/channels")
    await silent(talk, 200)
    assert await executed(talk, "print('here')") == "here\n"
    await end(talk)


def test_a_renewed_certificate_is_served_within_a_minute(certificate: Path, tmp_path: Path) -> None:
    renewed = make_certificate(tmp_path, "second")
    assert not trusted(renewed)
    eventually("the renewed certificate is served", lambda: trusted(renewed), 60)
    spoilt = {"data": {"tls.crt": "", "tls.key": ""}}
    kubectl("--namespace=ingress", "patch", "secret", "hub-tls", "--type=merge", f"--patch={json.dumps(spoilt)}")
    eventually("a copy that was spoilt is mended", lambda: bool(secret("ingress", "hub-tls", "tls.crt")), 60)


def test_who_copies_may_read_one_secret_and_write_one(certificate: Path) -> None:
    def may(verb: str, secret: str, namespace: str) -> bool:
        who = "--as=system:serviceaccount:ingress:certificate"
        return kubectl("auth", "can-i", verb, secret, who, f"--namespace={namespace}", check=False).strip() == "yes"

    assert may("get", f"secrets/{SOURCE}", "default")
    assert may("patch", "secrets/hub-tls", "ingress")
    for verb, name, namespace in (
        ("get", "secrets/other", "default"),
        ("list", "secrets", "default"),
        ("patch", f"secrets/{SOURCE}", "default"),
        ("get", "secrets/login-password", "ingress"),
        ("create", "secrets", "ingress"),
        ("list", "secrets", "ingress"),
    ):
        assert not may(verb, name, namespace), (verb, name, namespace)
