"""Sets of ports, as ranges for each protocol. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
FIRST, LAST = 1, 65_535


@dataclass(frozen=True, order=True)
class Range:
    protocol: str
    first: int
    last: int

    def __str__(self) -> str:
        if (self.first, self.last) == (FIRST, LAST):
            return f"{self.protocol} all"
        return f"{self.protocol} {self.first}" + (f"-{self.last}" if self.last > self.first else "")


Ports: TypeAlias = tuple[Range, ...]
"""Sorted, and no two of them touch: equal sets are equal tuples."""


def union(ranges: Iterable[Range]) -> Ports:
    merged: list[Range] = []
    for found in sorted(ranges):
        before = merged[-1] if merged else None
        if before and before.protocol == found.protocol and found.first <= before.last + 1:
            merged[-1] = Range(before.protocol, before.first, max(before.last, found.last))
        else:
            merged.append(found)
    return tuple(merged)


def common(some: Ports, others: Ports) -> Ports:
    return union(
        Range(one.protocol, max(one.first, other.first), min(one.last, other.last))
        for one in some
        for other in others
        if one.protocol == other.protocol and max(one.first, other.first) <= min(one.last, other.last)
    )


def holds(ports: Ports, protocol: str, port: int) -> bool:
    return any(found.protocol == protocol and found.first <= port <= found.last for found in ports)


def in_words(ports: Ports) -> str:
    """`8081`, `53 TCP+UDP`, `all`; TCP is not mentioned where it stands alone."""
    if ports == EVERY:
        return "all"
    words: list[str] = []
    by_span = sorted(ports, key=lambda found: (found.first, found.last, found.protocol))
    for (first, last), found in groupby(by_span, key=lambda found: (found.first, found.last)):
        protocols = "+".join(each.protocol for each in found)
        span = "all" if (first, last) == (FIRST, LAST) else str(first) if first == last else f"{first}-{last}"
        words.append(span if protocols == "TCP" and span != "all" else f"{span} {protocols}")
    return ", ".join(words)


EVERY: Final[Ports] = union(Range(protocol, FIRST, LAST) for protocol in PROTOCOLS)
