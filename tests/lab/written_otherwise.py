"""Paths written in every way, asked of the real controller byte for byte, where nobody's server runs but alice's."""

import asyncio
import posixpath
import re
import ssl
from dataclasses import replace
from urllib.parse import unquote

from tests.isolation.oracle import HUB, REFUSED, reached
from tests.isolation.paths import Request, requests
from tests.isolation.servers import Answer, Connection, ask_all

ALICE = "alice"


async def answered(address: str, host: str, trust: ssl.SSLContext, number: int, seed: int) -> dict[Request, Answer]:
    async def connect() -> Connection:
        return await asyncio.open_connection(address, 443, ssl=trust, server_hostname=host)

    return await ask_all([replace(each, host=host) for each in requests(number, seed)], connect)


def who(answer: Answer) -> str:
    """JupyterHub names its version on everything; only the hub itself asks for reports."""
    if "x-jupyterhub-version" not in answer.headers:
        return REFUSED
    return HUB if "report-uri" in answer.headers.get("content-security-policy", "") else ALICE


def is_astray(request: Request, by: str) -> bool:
    """Anybody may refuse, as Traefik does where there is a fragment. What is plain arrives nowhere but where it is for. A
    controller may clean the rest, as browsers do: then it may arrive where the clean path leads, and nowhere else."""
    expected = reached(request.target, request.host)
    if by == REFUSED:
        return False
    if expected != REFUSED:
        return by != (ALICE if expected == ALICE else HUB)
    return by == ALICE and re.match(r"/user/alice(/|$)", clean(request.target)) is None


def clean(target: str) -> str:
    """As RFC 3986 would have it: a slash that is written as %2F is no slash."""
    path = re.split("[?#]", target, maxsplit=1)[0]
    return "/" + posixpath.normpath(unquote(re.sub("%2f", "%252f", path, flags=re.IGNORECASE))).lstrip("/")
