"""A certificate is copied whole or not at all, again and again, and what goes wrong is said once."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kubernetes_asyncio import client

from hub.certificate_copy import Copier, Data, SourceError, update

FIRST = {"tls.crt": "Zmlyc3Q=", "tls.key": "a2V5"}
SECOND = {"tls.crt": "c2Vjb25k", "tls.key": "a2V5Mg=="}
SOURCE, COPY = "default/wildcard-tls", "hub/hub-tls"
HANGS_UP = 0
"""In place of a status."""

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("source", "copy", "lacking"),
    [
        (FIRST, {}, FIRST),
        (FIRST, FIRST, {}),
        (SECOND, FIRST, SECOND),
        (FIRST, {"tls.crt": FIRST["tls.crt"]}, {"tls.key": FIRST["tls.key"]}),
        (FIRST, {**FIRST, "tls.key": ""}, {"tls.key": FIRST["tls.key"]}),
        ({**FIRST, "ca.crt": "Y2E="}, {}, FIRST),
    ],
    ids=["new", "same", "renewed", "half", "spoilt", "authority"],
)
def test_the_copy_gets_what_it_lacks(source: Data, copy: Data, lacking: Data) -> None:
    assert update(source, copy) == lacking


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({}, "it has no tls.crt and no tls.key"),
        ({**FIRST, "tls.key": ""}, "it has no tls.key"),
        ({"tls.key": "a2V5"}, "it has no tls.crt"),
    ],
)
def test_half_a_certificate_is_none(source: Data, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        update(source, FIRST)


class Cluster(ThreadingHTTPServer):
    """The Secrets of an API server, and a way to fail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.secrets: dict[str, dict[str, str]] = {SOURCE: dict(FIRST), COPY: {}}
        self.status = 200
        self.writes = 0


class Answer(BaseHTTPRequestHandler):
    server: Cluster  # pyright: ignore[reportIncompatibleVariableOverride] - it is made by no other

    def do_GET(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.writes += 1
        self.server.secrets[self._secret] |= body["data"]
        self._answer()

    @property
    def _secret(self) -> str:
        *_, namespace, _, name = self.path.split("/")
        return f"{namespace}/{name}"

    def _answer(self) -> None:
        if self.server.status == HANGS_UP:
            self.close_connection = True
            return
        found = self.server.secrets.get(self._secret)
        status = self.server.status if self.server.status != 200 or found is not None else 404
        body = json.dumps({"kind": "Secret", "data": found}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    server = Cluster()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
async def copier(cluster: Cluster) -> AsyncIterator[Copier]:
    where = client.Configuration(host=f"http://127.0.0.1:{cluster.server_port}")
    async with client.ApiClient(where) as connection:
        yield Copier(client.CoreV1Api(connection), SOURCE, COPY)


async def test_it_follows_and_writes_no_more_than_it_has_to(cluster: Cluster, copier: Copier, capsys: Captured) -> None:
    for source in (FIRST, SECOND):
        cluster.secrets[SOURCE] = dict(source)
        assert await copier.look()
        assert await copier.look()
        assert cluster.secrets[COPY] == source
    cluster.secrets[COPY]["tls.key"] = ""
    assert await copier.look()
    assert cluster.secrets[COPY] == SECOND
    assert cluster.writes == 3
    said = capsys.readouterr().out.splitlines()
    assert said == [f"certificate: {COPY} is like {SOURCE}"] * 3
    assert not [value for value in (*FIRST.values(), *SECOND.values()) if value in "".join(said)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({SOURCE: None}, f"waiting for {SOURCE}: there is no Secret {SOURCE}"),
        ({COPY: None}, f"waiting for {SOURCE}: there is no Secret {COPY}"),
        ({SOURCE: {"tls.crt": "x"}}, f"waiting for {SOURCE}: it has no tls.key"),
        (403, "waiting, the cluster answers 403: Forbidden"),
        (500, "waiting, the cluster answers 500: Internal Server Error"),
        (HANGS_UP, "waiting, the cluster does not answer: Server disconnected"),
    ],
    ids=["no source", "no copy", "half", "forbidden", "broken", "hangs up"],
)
async def test_what_is_wrong_is_said_once_and_mends_itself(
    wrong: int | dict[str, dict[str, str] | None], reason: str, cluster: Cluster, copier: Copier, capsys: Captured
) -> None:
    if isinstance(wrong, int):
        cluster.status = wrong
    else:
        there = {SOURCE: dict(FIRST), COPY: dict[str, str](), **wrong}
        cluster.secrets = {secret: data for secret, data in there.items() if data is not None}
    assert not await copier.look()
    assert not await copier.look()
    assert capsys.readouterr().out.splitlines() == [f"certificate: {reason}"]
    assert cluster.writes == 0
    cluster.secrets, cluster.status = {SOURCE: dict(FIRST), COPY: {}}, 200
    assert await copier.look()
    assert cluster.secrets[COPY] == FIRST


async def test_a_cluster_that_is_away_is_waited_for(cluster: Cluster, copier: Copier, capsys: Captured) -> None:
    cluster.shutdown()
    cluster.server_close()
    assert not await copier.look()
    assert "waiting, the cluster does not answer" in capsys.readouterr().out
