"""A login server that is not there: how long it is left alone."""

import socket

import pytest
from aiohttp import web

from hub.login import realm
from hub.login.realm import Realm, SilentError


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_whoever_is_not_there_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    port = unused_port()
    address = f"http://127.0.0.1:{port}/realms/x"
    asked = Realm(address, address, "jupyterhub", "secret")
    with pytest.raises(SilentError, match="Cannot connect"):
        await asked.expect_answer()

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"issuer": address})

    application = web.Application()
    application.router.add_get("/realms/x/.well-known/openid-configuration", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        with pytest.raises(SilentError, match="a moment ago"):
            await asked.expect_answer()
        later = realm.monotonic() + realm.REST
        monkeypatch.setattr(realm, "monotonic", lambda: later)
        await asked.expect_answer()
    finally:
        await runner.cleanup()
