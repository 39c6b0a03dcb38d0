"""What the hub waits for before it starts."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from hub import preflight
from hub.preflight import database_answers, pods_are_listed, proxy_takes, wait_for
from tests.hub.cluster import Cluster


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Known by its kubeconfig, and away."""
    cluster = Cluster()
    await cluster.start()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(cluster.kubeconfig())
    monkeypatch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    monkeypatch.setattr(preflight, "PAUSE", 0.05)
    await cluster.stop()
    return cluster


async def test_the_api_server_is_waited_for(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = asyncio.ensure_future(wait_for("the API", pods_are_listed("jupyterhub-users")))
    await asyncio.sleep(0.4)
    assert not waiting.done()
    await cluster.start()
    cluster.silent = True
    await asyncio.sleep(0.4)
    assert not waiting.done(), "an error is no answer"
    cluster.silent = False
    await asyncio.wait_for(waiting, 10)
    await cluster.stop()
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1, "once in ten seconds"
    assert said[0].startswith("preflight: waiting for the API, 0 s so far: Cannot connect to host 127.0.0.1")


async def test_a_database_that_is_away_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "PAUSE", 0.05)
    url = "postgresql+psycopg2://hub:secret@127.0.0.1:1/hub"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wait_for("the database", database_answers(url)), 0.5)
    said = capsys.readouterr().out
    assert "waiting for the database" in said
    assert "Connection refused" in said
    assert "secret" not in said


async def test_a_proxy_that_still_knows_an_earlier_token_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "PAUSE", 0.05)
    known = "of the last generation"

    async def routes(request: web.Request) -> web.Response:
        return web.json_response({}, status=200 if request.headers["Authorization"] == f"token {known}" else 403)

    app = web.Application()
    app.router.add_get("/api/routes", routes)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [(host, port)] = runner.addresses
    waiting = asyncio.ensure_future(wait_for("the proxy", proxy_takes(f"http://{host}:{port}", "of this generation")))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    known = "of this generation"
    await asyncio.wait_for(waiting, 10)
    await runner.cleanup()
    said = capsys.readouterr().out
    assert "waiting for the proxy, 0 s so far: 403" in said
    assert "generation" not in said
