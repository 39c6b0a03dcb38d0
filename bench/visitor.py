"""One user in front of a hub, over HTTP alone: the forms a browser sends, and the requests its pages make."""

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

from bench.login_form import login_form
from lab.problem import Problem

_REQUEST_SECONDS: Final = 30.0
_START_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 120.0
_PAUSE: Final = 0.05
_TOKEN: Final = re.compile(r'xsrf_token: "([^"]+)"')
AS_BROWSERS_DO: Final = DefaultCookiePolicy(secure_protocols=("http", "https"))
"""Cookies for encrypted connections go to this machine's own addresses all the same."""


class Visitor:
    def __init__(self, port: int, name: str, password: str) -> None:
        self.hub = f"http://127.0.0.1:{port}"
        self._port = port
        self.name = name
        self._password = password
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar(AS_BROWSERS_DO))
        )

    def log_in(self) -> None:
        try:
            landed = self._identify("/hub/login?next=/hub/home")
        except OSError as error:
            raise Problem(f"{self.hub} does not let {self.name} in: {error}") from error
        if not landed.endswith("/hub/home"):
            raise Problem(f"{self.hub} does not let {self.name} in: the login ends at {landed}")

    def start(self, options: Mapping[str, str]) -> float:
        """Press the button, follow the progress, and wait for the server itself to answer; in seconds."""
        form = {**options, "_xsrf": self._token("/hub/home")}
        begun = time.monotonic()
        self._open("/hub/spawn", form)
        self._follow_progress(form["_xsrf"], begun + _START_SECONDS)
        while not self._answers(f"/user/{self.name}/api"):
            if time.monotonic() - begun > _START_SECONDS:
                raise Problem(f"the server of {self.name} at {self.hub} does not answer")
            time.sleep(_PAUSE)
        return time.monotonic() - begun

    def stop(self) -> None:
        """Return when the hub has seen the pod go."""
        token = self._token("/hub/home")
        end = time.monotonic() + _STOP_SECONDS
        server = f"/hub/api/users/{self.name}/server?_xsrf={token}"
        while self._server(token):
            if time.monotonic() > end:
                raise Problem(f"the server of {self.name} at {self.hub} does not stop")
            self._answers(server, method="DELETE")
            time.sleep(_PAUSE * 4)

    def is_served(self) -> bool:
        """Whether the hub answers a request that needs its database and this user's login."""
        return self._answers("/hub/home", seconds=2.0)

    def _follow_progress(self, token: str, end: float) -> None:
        """The stream of events that the page draws its bar from, until the server is ready or has failed."""
        request = self._request(f"/hub/api/users/{self.name}/server/progress?_xsrf={token}")
        with self._opener.open(request, timeout=_REQUEST_SECONDS) as stream:
            for line in stream:
                event: dict[str, Any] = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}
                if event.get("ready"):
                    return
                if event.get("failed") or time.monotonic() > end:
                    why = event.get("message", "it is still on its way")
                    raise Problem(f"the server of {self.name} at {self.hub} did not start: {why}")

    def _server(self, token: str) -> bool:
        """Whether there is one, or one on its way."""
        request = self._request(f"/hub/api/users/{self.name}?_xsrf={token}")
        with self._opener.open(request, timeout=_REQUEST_SECONDS) as answer:
            model: dict[str, Any] = json.load(answer)
        return bool(model.get("server") or model.get("pending"))

    def _token(self, path: str) -> str:
        with self._opener.open(self._request(path), timeout=_REQUEST_SECONDS) as page:
            found = _TOKEN.search(page.read().decode())
        if found is None:
            raise Problem(f"{self.hub}{path} is no page of JupyterHub")
        return found[1]

    def _identify(self, path: str) -> str:
        """Say who one is to whoever asks, and say where that leads."""
        with self._opener.open(self._request(path), timeout=_REQUEST_SECONDS) as page:
            form = login_form(page.read().decode(), page.url)
        if form is None:
            raise Problem(f"{self.hub} asks nobody for a password at {path}")
        body = _body(form.filled(self.name, self._password))
        return self._sent(urllib.request.Request(form.address, body))  # noqa: S310 - where the hub's own pages lead

    def _open(self, path: str, form: Mapping[str, str]) -> str:
        """Send a form, and say where that leads."""
        return self._sent(self._request(path, _body(form)))

    def _sent(self, request: urllib.request.Request) -> str:
        with self._opener.open(request, timeout=_REQUEST_SECONDS) as answer:
            address: str = answer.url
            return urllib.parse.urlsplit(address).path

    def _answers(self, path: str, *, method: str = "GET", seconds: float = 5.0) -> bool:
        """Whether what was asked for came, and not a detour such as the login page."""
        request = self._request(path, method=method)
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                return answer.url == request.full_url
        except (OSError, HTTPException):
            return False

    def _request(self, path: str, body: bytes | None = None, method: str | None = None) -> urllib.request.Request:
        address = f"http://127.0.0.1:{self._port}{path}"
        return urllib.request.Request(address, body, {"Referer": f"{self.hub}/hub/home"}, method=method)


def _body(form: Mapping[str, str]) -> bytes:
    return urllib.parse.urlencode(form).encode()
