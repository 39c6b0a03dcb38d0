"""A browser without pages: it asks Keycloak for a login, fills in the form, and takes what it is given."""

import base64
import hashlib
import html
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from settings.contract import HUB_CLIENT
from tests.realm.agreed import LOGINS, SECRETS

VERIFIER: Final = "a-verifier-that-nobody-guesses-0123456789-abcdef"
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED: Final = {
    "client_id": HUB_CLIENT,
    "redirect_uri": LOGINS[0],
    "response_type": "code",
    "scope": "openid",
    "state": "0123456789",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
"""What the hub asks for."""
_FORM: Final = re.compile(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str

    @property
    def given(self) -> dict[str, str]:
        """What the address that it sends people to says, in either of its two parts."""
        where = urlsplit(self.location)
        return {key: values[0] for part in (where.query, where.fragment) for key, values in parse_qs(part).items()}

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)


class _StayHere(urllib.request.HTTPRedirectHandler):
    """An answer that leads elsewhere is an answer."""

    def http_error_302(self, *_answer: Any, **_more: Any) -> None:
        return None

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _jar() -> CookieJar:
    """As browsers do on loopback, it sends over http what is only meant for https."""
    return CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))


@dataclass
class Visitor:
    issuer: str
    cookies: CookieJar = field(default_factory=_jar)

    def authorize(self, **otherwise: str | None) -> Answer:
        """As the hub asks, but for what is said otherwise; None leaves it out."""
        asked = {key: value for key, value in {**ASKED, **otherwise}.items() if value is not None}
        return self.ask(f"{self.issuer}/protocol/openid-connect/auth?{urlencode(asked)}")

    def log_in(self, name: str, password: str, **otherwise: str | None) -> Answer:
        page = self.authorize(**otherwise)
        action = _FORM.search(page.text)
        assert action, page.text
        return self.ask(html.unescape(action[1]), {"username": name, "password": password})

    def code(self, name: str, password: str) -> str:
        answer = self.log_in(name, password)
        assert answer.location.startswith(f"{LOGINS[0]}?"), answer
        return answer.given["code"]

    def token(self, **form: str) -> Answer:
        """As the hub with its secret, but for what is said otherwise."""
        own = {"client_id": HUB_CLIENT, "client_secret": SECRETS["client-secret"], **form}
        return self.ask(f"{self.issuer}/protocol/openid-connect/token", own)

    def redeem(self, code: str, **otherwise: str) -> Answer:
        own = {"grant_type": "authorization_code", "code": code, "redirect_uri": LOGINS[0], "code_verifier": VERIFIER}
        return self.token(**{**own, **otherwise})

    def ask(self, url: str, form: dict[str, str] | None = None) -> Answer:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), _StayHere()
        )
        try:
            with opener.open(url, urlencode(form).encode() if form else None, timeout=60) as answer:
                return Answer(answer.status, answer.headers.get("Location", ""), answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers.get("Location", ""), error.read().decode())


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
