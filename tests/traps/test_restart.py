"""A hub that is killed cuts nobody off."""

import time

import aiohttp
import pytest

from tests.traps.configuration import USER
from tests.traps.hubs import HostHub, until
from tests.traps.kernel import Kernel

pytestmark = pytest.mark.lab


async def login(hub: HostHub) -> bool:
    """Through the login page, as a browser does."""
    url = f"http://127.0.0.1:{hub.proxy_port}/hub/login"
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(5)) as session:
            async with session.get(url) as page:
                if page.status != 200:
                    return False
            token = next(cookie.value for cookie in jar if cookie.key == "_xsrf")
            form = {"username": USER, "password": "correct horse", "_xsrf": token}
            async with session.post(url, data=form, allow_redirects=False) as answer:
                return answer.status == 302
    except (OSError, aiohttp.ClientError):
        return False


async def test_a_killed_hub_cuts_nobody_off(ours: HostHub) -> None:
    await ours.start_server()
    async with Kernel(ours) as kernel:
        assert await kernel.run("import os; secret = os.getpid(); print(secret)") != ""
        before = await kernel.run("print(secret)")
        ours.kill_child()
        assert await kernel.run("print(secret)") == before, "while the hub is away"
        begun = time.monotonic()
        await until("a login after the hub was killed", lambda: login(ours), 30)
        print(f"logins worked again {time.monotonic() - begun:.1f} s after the hub was killed")
        await until("the hub has its server", ours.is_ready, 20)
        assert await kernel.run("print(secret)") == before, "with the new hub"
