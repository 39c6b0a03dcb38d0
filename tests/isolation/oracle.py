"""Who a request is for: by what JupyterHub says of its routes, and by nothing that the proxy does."""

import re
from urllib.parse import unquote_to_bytes

HUB, REFUSED = "hub", "refused"
PEOPLE = ("alice", "alice2", "al", "bob", "a.b", "a_b", "constructor")
"""Whose servers run."""


def reached(target: str, asked_of: str, *, host: str | None = None) -> str:
    """The server whose path it begins with, letter for letter; the hub otherwise, which judges for itself; nobody, where two
    readers could disagree. `host` is the hub's, where each server has one of its own."""
    path = re.split("[?#]", target, maxsplit=1)[0]
    if not target.isascii() or _reads_differently(path) or _is_no_host(asked_of):
        return REFUSED
    root, name, *_ = [*path[1:].split("/"), ""]
    if root != "user" or name not in PEOPLE:
        return HUB
    return name if host is None or asked_of.partition(":")[0] == f"{label(name)}.{host}" else HUB


def label(name: str) -> str:
    """What stands for a person in a host name. Where the name cannot, JupyterHub makes a hash of it."""
    return {"a.b": "u-ab--2e7336d", "a_b": "u-ab--648fa9b"}.get(name, name)


def _reads_differently(path: str) -> bool:
    """To who resolves dots, takes backslashes or two slashes for something, decodes once or twice, or expects UTF-8."""
    parts = path[1:].split("/")
    return (
        not path.startswith("/")
        or path.startswith("//")
        or "\\" in path
        or "%" in "".join(parts[:2])
        or any(unquote_to_bytes(part) in (b".", b"..") for part in parts)
        or not _is_utf8(path)
    )


def _is_utf8(path: str) -> bool:
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return re.search("%(?![0-9A-Fa-f]{2})", path) is None


def _is_no_host(asked_of: str) -> bool:
    name, colon, port = asked_of.partition(":")
    return re.fullmatch("[A-Za-z0-9.-]+", name) is None or (colon != "" and not port.isdecimal())
