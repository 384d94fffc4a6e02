"""A row of the table of benchmarks, and the table: what all scripts in this folder print, and `run` collects.

A benchmark that is in the table has a function ``rows(size)``, which yields `Row`. Times are those of the processor, of
the process and all that it started; a figure is a ratio to a peer that was measured in the same run.
"""

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = ("what", "size", "peer", "ratio", "aim", "peak, MB", "wall, s")


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ratio: time of the processor, times the peer's; the median of `runs`. peak: MB; wall: seconds.

    aim: what the ratio should be at most, or at least where `is_least`; None where there is none.
    """

    what: str
    size: str
    peer: str
    ratio: float
    aim: float | None = None
    is_least: bool = False
    peak: float | None = None
    wall: float | None = None
    runs: int = 3

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached; true where there is none."""
        if self.aim is None:
            return True
        return self.ratio >= self.aim if self.is_least else self.ratio <= self.aim


def markdown(rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table; a ratio that misses its aim is marked."""
    lines = [" | ".join(HEAD), " | ".join("---" if place < 3 else "---:" for place in range(len(HEAD)))]
    for row in rows:
        aim = "" if row.aim is None else f"{'≥' if row.is_least else '≤'} {row.aim:g}"
        ratio = f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:.0f}"
        ratio += "" if row.is_met else " (missed)"
        peak = "" if row.peak is None else f"{row.peak:.0f}"
        wall = "" if row.wall is None else f"{row.wall:.2f}"
        lines.append(" | ".join((row.what, row.size, row.peer, ratio, aim, peak, wall)))
    return "".join(f"| {line} |\n" for line in lines)
