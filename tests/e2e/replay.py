"""What somebody's browser held, shown again by a thief: which doors it opens."""

import http.client
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.e2e.person import Person

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
OPEN = {http.client.OK, http.client.SWITCHING_PROTOCOLS}
AT_THE_HUB = {"a page of the hub", "a token at the hub"}
DOORS = AT_THE_HUB | {"a page of the server", "a websocket of the server", "a token at the server"}
SECONDS = 30


@dataclass(frozen=True)
class Held:
    hub: str
    server: str
    """Its path."""
    cookies: Mapping[str, str]
    """Those that belong to the hub, and those that belong to the server."""
    token: str

    @classmethod
    def by(cls, person: Person) -> "Held":
        server = f"/user/{person.name}/"
        return cls(
            person.hub,
            server,
            {path: person.cookies(path) for path in ("/hub/", server)},
            person.new_token(),
        )

    def opens(self) -> set[str]:
        """The doors that do not send away whoever shows this."""
        cookies, token = self.cookies, {"Authorization": f"token {self.token}"}
        asked = {
            "a page of the hub": ("/hub/home", {"Cookie": cookies["/hub/"]}),
            "a page of the server": (f"{self.server}lab", {"Cookie": cookies[self.server]}),
            "a websocket of the server": (
                f"{self.server}api/events/subscribe",
                {"Cookie": cookies[self.server], "Origin": self.hub, **HANDSHAKE},
            ),
            "a token at the hub": ("/hub/api/user", token),
            "a token at the server": (f"{self.server}api/status", token),
        }
        return {door for door, (path, headers) in asked.items() if self._status(path, headers) in OPEN}

    def _status(self, path: str, headers: Mapping[str, str]) -> int:
        with closing(http.client.HTTPConnection(urlsplit(self.hub).netloc, timeout=SECONDS)) as connection:
            connection.request("GET", path, headers=dict(headers))
            return connection.getresponse().status
