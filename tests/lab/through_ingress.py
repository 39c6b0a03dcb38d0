"""One person outside the cluster: every request goes to the host name, through the real controller, certificate verified."""

import re
import ssl
from collections.abc import Mapping
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urljoin

from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.netutil import BlockingResolver, OverrideResolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

HOST = "jupyterhub.localhost"
TOKEN = re.compile(r'xsrf_token: "([^"]+)"')
HERE = {HOST: "127.0.0.1"}
"""As browsers resolve it."""
DETOURS = 20


class Client:
    def __init__(self, authority: Path) -> None:
        self._trust = ssl.create_default_context(cafile=str(authority))
        self._http = SimpleAsyncHTTPClient(force_instance=True, hostname_mapping=HERE, max_body_size=2**30)
        self.cookies: dict[str, Morsel[str]] = {}
        """Each as it was set last."""
        self.seen: list[str] = []
        """Every address on the way."""

    async def ask(
        self,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        scheme: str = "https",
        follow: bool = True,
    ) -> HTTPResponse:
        """Ask, send the cookies along, and follow where the answer leads."""
        address, body = f"{scheme}://{HOST}{path}", urlencode(form) if form is not None else None
        for _ in range(DETOURS):
            self.seen.append(address)
            answer = await self._http.fetch(self._request(address, body, headers or {}), raise_error=False)
            self._keep(answer)
            if not follow or answer.code not in (301, 302, 303, 307, 308):
                return answer
            address, body = urljoin(address, answer.headers["Location"]), None
        raise AssertionError(f"{path} leads nowhere: {self.seen[-3:]}")

    async def send(self, method: str, path: str, body: bytes) -> HTTPResponse:
        request = self._request(f"https://{HOST}{path}", None, {"X-XSRFToken": self._xsrf(path)})
        request.method, request.body, request.request_timeout = method, body, 120
        return await self._http.fetch(request, raise_error=False)

    async def log_in(self, name: str, password: str, headers: Mapping[str, str] | None = None) -> None:
        page = await self.ask("/hub/login", headers=headers)
        found = TOKEN.search(page.body.decode())
        assert found, f"no login page but {page.code}"
        form = {"username": name, "password": password, "_xsrf": found[1]}
        answer = await self.ask("/hub/login?next=/hub/home", form=form, headers=headers)
        assert answer.code == 200
        assert answer.effective_url.endswith("/hub/home")

    async def talk(self, path: str) -> WebSocketClientConnection:
        request = self._request(f"wss://{HOST}{path}", None, {"Origin": f"https://{HOST}"})
        return await websocket_connect(request, resolver=OverrideResolver(BlockingResolver(), HERE))

    def _request(self, address: str, body: str | None, headers: Mapping[str, str]) -> HTTPRequest:
        sent = "; ".join(f"{morsel.key}={morsel.value}" for morsel in self._cookies_for(address))
        return HTTPRequest(
            address,
            method="GET" if body is None else "POST",
            body=body,
            headers={"Cookie": sent, "Referer": f"https://{HOST}/hub/home", **headers},
            follow_redirects=False,
            ssl_options=self._trust if address.startswith(("https", "wss")) else None,
            request_timeout=60,
        )

    def _cookies_for(self, address: str) -> list[Morsel[str]]:
        path = "/" + address.split("/", 3)[3] if address.count("/") > 2 else "/"
        encrypted = address.startswith(("https:", "wss:"))
        fitting = [m for m in self.cookies.values() if path.startswith(m["path"]) and (encrypted or not m["secure"])]
        by_name = {morsel.key: morsel for morsel in sorted(fitting, key=lambda morsel: len(morsel["path"]))}
        return list(by_name.values())

    def _keep(self, answer: HTTPResponse) -> None:
        for line in answer.headers.get_list("Set-Cookie"):
            for morsel in SimpleCookie(line).values():
                self.cookies[f"{morsel.key} {morsel['path']}"] = morsel

    def _xsrf(self, path: str) -> str:
        return next(m.value for m in self._cookies_for(f"https://{HOST}{path}") if m.key == "_xsrf")
