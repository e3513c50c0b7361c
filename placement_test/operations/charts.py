"""Lines of a chart as SVG paths; where nothing was measured the line has a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# The view box; room for the labels of the axes is left in the template.
WIDTH = 480
HEIGHT = 160
# A single point between two gaps would be invisible as a line.
DOT = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``kind`` chooses its stroke, ``label`` its words in the legend."""

    id: str
    label: str
    kind: str
    path: str


def top_of(series: Sequence[Sequence[float | None]]) -> float:
    """Return the upper end of the axis: the next 1, 2 or 5 times a power of ten."""
    highest = max((value for line in series for value in line if value is not None), default=0.0)
    top = 1.0
    while top < highest:
        for step in (2.0, 5.0, 10.0):
            if top * step >= highest:
                return top * step
        top *= 10
    return top


def path(values: Sequence[float | None], top: float) -> str:
    """Return the path of a line whose values are None where there was nothing."""
    across = WIDTH / max(1, len(values) - 1)
    pieces: list[str] = []
    is_open = False
    for number, value in enumerate(values):
        if value is None:
            is_open = False
            continue
        x, y = number * across, HEIGHT * (1 - value / top)
        has_next = number + 1 < len(values) and values[number + 1] is not None
        if is_open:
            pieces.append(f"L{x:.1f} {y:.1f}")
        elif has_next:
            pieces.append(f"M{x:.1f} {y:.1f}")
        else:
            pieces.append(f"M{max(0.0, x - DOT):.1f} {y:.1f}h{2 * DOT}")
        is_open = True
    return "".join(pieces)
