"""How well an exam measures: pure functions over scores.

An item is one question; its score is what all its parts earned.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

HUNDRED: Final = 100.0
HISTOGRAM_BINS: Final = 10
# A spread, a correlation and alpha need two sittings, and alpha needs two items.
LEAST: Final = 2

# Below 0.2 an item hardly tells strong from weak students; see Ebel and Frisbie, Essentials of
# Educational Measurement (1991), chapter 13, whose table begins there.
WEAK_DISCRIMINATION: Final = 0.2
# Items that nearly all or nearly nobody solves cannot separate anybody.
EASY_FACILITY: Final = 0.95
HARD_FACILITY: Final = 0.2

# Alpha for decisions about groups and for a first screening of persons (Nunnally, Psychometric
# Theory, 1978, page 245).
GOOD_ALPHA: Final = 0.8
FAIR_ALPHA: Final = 0.7

# A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection).
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Description:
    """Hold what a list of percentages looks like; ``deviation`` is None for a single one."""

    count: int
    mean: float
    median: float
    deviation: float | None
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Count percentages from ``low`` up to below ``high``; the last bin holds its end."""

    low: int
    high: int
    count: int


def describe(percents: Sequence[float]) -> Description | None:
    """Return mean, median, sample standard deviation and range, or None for no scores."""
    if not percents:
        return None
    return Description(
        count=len(percents),
        mean=statistics.fmean(percents),
        median=statistics.median(percents),
        deviation=statistics.stdev(percents) if len(percents) >= LEAST else None,
        lowest=min(percents),
        highest=max(percents),
    )


def histogram(percents: Sequence[float]) -> list[Bin]:
    """Return ten bins of ten percent each that hold every percentage once."""
    width = int(HUNDRED) // HISTOGRAM_BINS
    counts = [0] * HISTOGRAM_BINS
    for percent in percents:
        counts[min(int(percent // width), HISTOGRAM_BINS - 1)] += 1
    return [Bin(n * width, (n + 1) * width, count) for n, count in enumerate(counts)]


def facility(earned: Sequence[float], most: float) -> float | None:
    """Return the mean share of an item's points: 0 nobody, 1 everybody.

    For an item of right or wrong that is the "p value" of classical test theory (Crocker and
    Algina, Introduction to Classical and Modern Test Theory, 1986, chapter 14).  None where
    nobody sat it or it is worth nothing.
    """
    return statistics.fmean(earned) / most if earned and most else None


def discrimination(earned: Sequence[float], totals: Sequence[float]) -> float | None:
    """Return the correlation of an item with the rest of the test, from -1 to 1.

    Pearson's r of the item's points and of the total without them; for an item of right or wrong
    that is the point-biserial correlation, corrected for the item's own part in the total
    (Henrysson, Psychometrika 28, 1963).  None where either does not vary.
    """
    rest = [total - points for points, total in zip(earned, totals, strict=True)]
    if not _varies(earned) or not _varies(rest):
        return None
    return float(statistics.correlation(earned, rest))


def alpha(items: Sequence[Sequence[float]]) -> float | None:
    """Return Cronbach's alpha: how far the items measure one thing (Psychometrika 16, 1951).

    k / (k - 1) * (1 - sum of the items' variances / variance of the totals).  ``items`` holds
    each item's points in the order of the sittings.  None for fewer than two items or sittings,
    and where the totals do not vary.
    """
    if len(items) < LEAST or len(items[0]) < LEAST:
        return None
    totals = [sum(points) for points in zip(*items, strict=True)]
    if not _varies(totals):
        return None
    share = sum(statistics.variance(item) for item in items) / statistics.variance(totals)
    return float(len(items) / (len(items) - 1) * (1 - share))


def option_counts(ticks: Mapping[str, int], option_count: int) -> list[int]:
    """Return how often each option was chosen; ``ticks`` counts canonical JSON values.

    Values are an index, a list of indices or null; what is no option is passed over.
    """
    counts = [0] * option_count
    for value, count in ticks.items():
        for piece in value.strip("[]").split(","):
            if piece.isascii() and piece.isdecimal() and int(piece) < option_count:
                counts[int(piece)] += count
    return counts


def defused(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such ones get an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _varies(values: Sequence[float]) -> bool:
    return len(values) >= LEAST and min(values) != max(values)
