"""Asks Cloudflare's API, without the provider: what a deployment wants to know before it makes anything."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_ADDRESS: Final = "CLOUDFLARE_BASE_URL"
"""Where the provider looks too."""
_CLOUDFLARE: Final = "https://api.cloudflare.com/client/v4"
_SECONDS: Final = 15
_PAUSES: Final = (0.5, 2.0, 5.0)
"""What is busy or broken is asked again after so many seconds."""
_LATER: Final = 429
_BROKEN: Final = 500


class Unreachable(Exception):  # noqa: N818 - it names a state of the network
    """Nobody answers, or not with what the API says."""


@dataclass(frozen=True)
class Answer:
    status: int
    result: Any = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - what HTTP calls a success

    @property
    def passes(self) -> bool:
        """Whether it is about this moment alone."""
        return self.status == _LATER or self.status >= _BROKEN

    @property
    def refused(self) -> bool:
        """Whether it is about who asks, and not about what."""
        return self.status in (401, 403)


Ask = Callable[[str, str], Answer]
"""A method and a path below the API's address. A POST says nothing: an empty object."""


def asking(token: str) -> Ask:
    """On behalf of an API token."""
    address = os.environ.get(_ADDRESS, _CLOUDFLARE).rstrip("/")

    def ask(method: str, path: str) -> Answer:
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's
            f"{address}/{path}",
            method=method,
            data=b"{}" if method == "POST" else None,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        answer, pauses = _once(request), iter(_PAUSES)
        while answer.passes and (pause := next(pauses, None)) is not None:
            time.sleep(pause)
            answer = _once(request)
        if not answer.passes:
            return answer
        raise Unreachable(f"{address} answers {answer.status} to {method} {path}")

    return ask


def _once(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            return Answer(response.status, json.load(response).get("result"))
    except urllib.error.HTTPError as error:
        return Answer(error.code)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{request.host} does not answer: {error}") from error
