"""A person who speaks to a hub as a browser does, without the browser."""

from http.cookiejar import Cookie
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.util import Retry

from bench.login_form import login_form
from tests.e2e.cluster import eventually

SECONDS = 90


class Cookies(RequestsCookieJar):
    """Those for encrypted connections go to this machine's own addresses all the same, as in browsers."""

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        cookie.secure = False
        super().set_cookie(cookie, *args, **kwargs)


class HubSession:
    def __init__(self, hub: str, name: str, password: str) -> None:
        self.hub = hub
        self.name = name
        self._http = requests.Session()
        self._http.cookies = Cookies()
        # The proxy ends a connection that is idle for five seconds, and kubectl's forwarding ends with it.
        self._http.headers["Connection"] = "close"
        self._http.mount("http://", HTTPAdapter(max_retries=Retry(connect=8, read=False, backoff_factor=0.3)))
        page = self._http.get(f"{hub}/hub/login", timeout=SECONDS)
        form = login_form(page.text, page.url)
        assert form, f"{page.url} answers {page.status_code} and asks nobody for a password"
        self._http.post(form.address, data=form.filled(name, password), timeout=SECONDS).raise_for_status()
        assert self.api("GET", "/user").json()["name"] == name

    @property
    def _xsrf(self) -> str:
        return next(
            cookie.value or "" for cookie in self._http.cookies if cookie.name == "_xsrf" and cookie.path == "/hub/"
        )

    def page(self, path: str) -> requests.Response:
        return self._http.get(f"{self.hub}/hub{path}", timeout=SECONDS)

    def visit(self, path: str) -> requests.Response:
        """A page that may be a server's own."""
        return self._http.get(f"{self.hub}{path}", timeout=SECONDS)

    def api(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self._http.request(
            method,
            f"{self.hub}/hub/api{path}",
            json=body,
            params={"_xsrf": self._xsrf},
            headers={"Referer": f"{self.hub}/hub/home"},
            timeout=SECONDS,
        )

    def start(self, options: Any = None, name: str = "") -> requests.Response:
        return self.api("POST", f"/users/{self.name}/{f'servers/{name}' if name else 'server'}", options)

    def submit(self, form: dict[str, str]) -> requests.Response:
        return self._http.post(
            f"{self.hub}/hub/spawn", data={**form, "_xsrf": self._xsrf}, params={"_xsrf": self._xsrf}, timeout=SECONDS
        )

    def stop(self) -> None:
        """Until it is gone."""
        self.api("DELETE", f"/users/{self.name}/server")
        eventually(f"{self.name}'s server is gone", lambda: not self.server, SECONDS)

    @property
    def server(self) -> dict[str, Any]:
        """The first server as the hub sees it; empty while there is none."""
        return self.servers.get("", {})

    @property
    def servers(self) -> dict[str, dict[str, Any]]:
        """All of them, by their names."""
        return self.api("GET", f"/users/{self.name}").json().get("servers", {})

    @property
    def why_not(self) -> str:
        """What the person is told while they wait for their server, up to the last word."""
        response = self._http.get(f"{self.hub}/hub/api/users/{self.name}/server/progress", timeout=SECONDS)
        return response.text
