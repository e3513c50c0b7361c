"""The figures of a stretch of time, over all workers and hosts, as people ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from placement_test.lib import clock
from placement_test.monitoring import storage
from placement_test.monitoring.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Callable

# "Now" in health and reports.
RECENT_SECONDS = 300
FAILED_FROM = 500
# The route of saves, and the operation that the report calls the save path.
SAVE_ROUTE = "api/sessions/<uuid:session_id>/answers/"


@dataclass(slots=True)
class Window:
    """All figures from ``start`` to ``end`` (seconds since 1970)."""

    start: int
    end: int
    figures: dict[storage.What, Histogram] = field(default_factory=dict)

    def named(self, kind: str) -> dict[str, Histogram]:
        """Return the figures of a kind by name, all outcomes together."""
        return self._by(kind, lambda what: what.name)

    def outcomes(self, kind: str) -> dict[str, int]:
        """Return how often each outcome of a kind occurred."""
        found = self._by(kind, lambda what: what.outcome)
        return {outcome: histogram.count for outcome, histogram in found.items()}

    def total(self, kind: str, name: str | None = None) -> Histogram:
        """Return all of a kind (of one name) in one histogram."""
        merged = Histogram()
        for what, histogram in self.figures.items():
            if what.kind == kind and name in {None, what.name}:
                merged.merge(histogram)
        return merged

    def failures(self, kind: str, name: str | None = None) -> int:
        """Return how often something of a kind failed."""
        return sum(
            histogram.count
            for what, histogram in self.figures.items()
            if what.kind == kind and name in {None, what.name} and has_failed(what)
        )

    def error_percent(self) -> float | None:
        """Return the share of requests that failed; None without requests."""
        count = self.total("request").count
        return 100 * self.failures("request") / count if count else None

    def slow_percent(self) -> float | None:
        """Return the share of requests over one second; None without requests."""
        total = self.total("request")
        return 100 * total.slow / total.count if total.count else None

    def hit_percent(self) -> float | None:
        """Return the cache's hit rate; None where nothing was looked up."""
        results = self.outcomes("cache")
        looked = sum(results.values())
        return 100 * results.get("hit", 0) / looked if looked else None

    def _by(self, kind: str, name_of: Callable[[storage.What], str]) -> dict[str, Histogram]:
        found: dict[str, Histogram] = {}
        for what, histogram in self.figures.items():
            if what.kind == kind:
                found.setdefault(name_of(what), Histogram()).merge(histogram)
        return found


def has_failed(what: storage.What) -> bool:
    """Return whether an outcome is a failure: a reply of 500 or more, an error of an operation."""
    if what.kind == "request":
        return int(what.outcome.rpartition(" ")[2]) >= FAILED_FROM
    return what.outcome == "error"


def recent(seconds: int = RECENT_SECONDS) -> Window:
    """Return the figures of the last seconds, to the slot: 1 query."""
    end = int(clock.now().timestamp())
    start = _start(end, seconds)
    return Window(start, end, storage.between(start))


def recent_and_before(seconds: int, *before: int) -> list[Window]:
    """Return ``recent``, and as long a time each of ``before`` seconds earlier: 1 query."""
    end = int(clock.now().timestamp())
    start = _start(end, seconds)
    earlier = [(start - each, end - each) for each in before]
    found = storage.stretches([(start, None), *earlier])
    return [
        Window(*bounds, figures)
        for bounds, figures in zip([(start, end), *earlier], found, strict=True)
    ]


def _start(end: int, seconds: int) -> int:
    return (end - seconds) // storage.TEN_SECONDS * storage.TEN_SECONDS
