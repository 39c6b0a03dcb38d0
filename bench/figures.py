"""What is said about several measurements of one thing. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_HUNDRED = 100


@dataclass(frozen=True)
class Series:
    """The same measurement, several times."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("nothing was measured")

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def percentile(self, percent: int) -> float:
        """The smallest measured value that so many of a hundred do not exceed; never one that was not measured."""
        if not 0 < percent <= _HUNDRED:
            raise ValueError(f"{percent} is no percentile")
        return sorted(self.values)[math.ceil(len(self.values) * percent / _HUNDRED) - 1]


def seconds(value: float) -> str:
    return f"{value:.2f} s"


def mebibytes(value: float) -> str:
    return f"{value:.0f} MiB"


def ratio(ours: float, theirs: float) -> str:
    """Ours in units of theirs: below one is faster, or smaller, than the peer."""
    return f"{ours / theirs:.2f}"


def extent(series: Series) -> str:
    """How far the runs lie apart."""
    return f"{min(series.values):.2f} to {max(series.values):.2f}"


@dataclass(frozen=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.heads):
                raise ValueError(f"{len(row)} cells below {len(self.heads)} heads: {row}")

    def without_last(self, columns: int) -> "Table":
        return Table(self.heads[:-columns], [row[:-columns] for row in self.rows])

    def markdown(self) -> str:
        """Aligned, so that it reads on a screen as well as rendered."""
        lines = [self.heads, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.heads))]
        head, *rows = (
            f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
        )
        rule = f"| {' | '.join('-' * width for width in widths)} |"
        return "\n".join([head, rule, *rows])
