"""Whom the cluster's name server asks about names outside the cluster."""

from ipaddress import IPv4Address
from pathlib import Path

# systemd's resolver listens on loopback, which in a pod is the pod; the second file names those behind it.
FILES = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))
MOST = 3


def read() -> list[str]:
    return [path.read_text() for path in FILES if path.exists()]


def upstreams(texts: list[str]) -> list[str]:
    """The name servers of the first text that has any a pod can reach: pods have IPv4 only, and a loopback of their own."""
    for text in texts:
        words = [line.split() for line in text.splitlines()]
        named = [fields[1] for fields in words if len(fields) > 1 and fields[0] == "nameserver"]
        reachable = [address for address in named if is_ipv4(address) and not IPv4Address(address).is_loopback]
        if reachable:
            return reachable[:MOST]
    return []


def is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def forward_line(texts: list[str]) -> str:
    """CoreDNS' setting. On a machine without name servers nothing is asked, and foreign names simply do not exist."""
    found = upstreams(texts)
    return f"forward . {' '.join(found)}" if found else "# this machine names no server to ask"
