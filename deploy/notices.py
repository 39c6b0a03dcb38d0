"""Who notices that a secret was replaced, and what they notice: told by `make rotate`, and a table of docs/secrets.md. Pure."""

from typing import Final

_OF_SERVICES: Final = "the service alone, which needs the new token"
_NOTICED: Final = {
    "cookie-secret": "everybody logs in again when they next open a page of the hub; servers, notebooks and tokens go on",
    "crypt-key": "nobody, unless it was replaced twice within the length of a login: then who logged in before does so again",
    "proxy-token": "open notebooks lose their connection for some seconds and find it again by themselves",
    "metrics-token": "nobody; Prometheus may miss a scrape",
    "login-password": "whoever logs in from now on: `make password` prints the new one; who is logged in stays so",
    "client-secret": "nobody, unless they log in at that moment: they begin again",
    "database-password": "pages of the hub answer with an error for some seconds; servers and notebooks go on",
    "keycloak-database-password": "whoever logs in at that moment waits; who is logged in goes on",
    "cloudflare-access-secret": "nobody, unless they log in at that moment: they begin again",
    "tunnel-secret": "open notebooks lose their connection for some seconds and find it again by themselves",
}


def noticed(secret: str) -> str:
    return _NOTICED.get(secret, _OF_SERVICES)
