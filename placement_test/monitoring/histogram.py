"""Durations as counts between fixed bounds: two histograms are merged by adding, in any order."""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Fine where the targets are (200 ms, 1 s).  Never change them while figures are stored.
BOUNDS_MS = (
    1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 750,
    1000, 1500, 2000, 3000, 5000, 10_000,
)  # fmt: skip
BOUNDS_US = tuple(bound * 1000 for bound in BOUNDS_MS)
# The seed's: an operation over one second raises an alert.
SLOW_US = 1_000_000
SLOW_FROM = BOUNDS_US.index(SLOW_US) + 1


def bound_of(microseconds: int) -> int:
    """Return the number of the first bound that is not below a duration."""
    return bisect.bisect_left(BOUNDS_US, microseconds)


@dataclass(slots=True)
class Histogram:
    """How often something happened and how long it took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_US) + 1))
    sum_us: int = 0
    max_us: int = 0
    queries: int = 0
    database_us: int = 0

    @classmethod
    def of(cls, durations_us: Iterable[int]) -> Histogram:
        """Return the histogram of some durations."""
        made = cls()
        for duration in durations_us:
            made.add(bound_of(duration), count=1, sum_us=duration, max_us=duration)
        return made

    def add(self, bound: int, *, count: int, sum_us: int, max_us: int) -> None:
        """Add ``count`` durations that lie below the bound of that number."""
        self.counts[bound] += count
        self.sum_us += sum_us
        self.max_us = max(self.max_us, max_us)

    def merge(self, other: Histogram) -> None:
        """Add all of another one."""
        self.counts = [own + more for own, more in zip(self.counts, other.counts, strict=True)]
        self.sum_us += other.sum_us
        self.max_us = max(self.max_us, other.max_us)
        self.queries += other.queries
        self.database_us += other.database_us

    @property
    def count(self) -> int:
        """How often it happened."""
        return sum(self.counts)

    @property
    def slow(self) -> int:
        """How often it took longer than a second."""
        return sum(self.counts[SLOW_FROM:])

    @property
    def mean_ms(self) -> float | None:
        """The mean duration; None without any: no traffic is not 0 ms."""
        return self.sum_us / self.count / 1000 if self.count else None

    @property
    def max_ms(self) -> float | None:
        """The longest duration, or None."""
        return self.max_us / 1000 if self.count else None

    def percentile_ms(self, percent: float) -> float | None:
        """Return the duration that ``percent`` of all do not exceed, or None without any.

        Interpolated inside one bucket, so right to the width of that bucket.
        """
        wanted = self.count * percent / 100
        if not self.count:
            return None
        edges = [0, *BOUNDS_US, max(self.max_us, BOUNDS_US[-1])]
        before = 0
        for (low, high), here in zip(itertools.pairwise(edges), self.counts, strict=True):
            if here and before + here >= wanted:
                inside = low + (high - low) * (wanted - before) / here
                return min(inside, self.max_us) / 1000
            before += here
        return self.max_us / 1000
