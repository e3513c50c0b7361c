"""What to do about the figures: each advice names its rule and the figures that fired it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from placement_test.monitoring import health

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placement_test.monitoring.histogram import Histogram
    from placement_test.monitoring.window import Window

# Fewer requests than these say nothing about a page.
FEWEST_REQUESTS = 20
# The seed's "5-10 queries a page".
MOST_QUERIES = 10
SLOW_PERCENT = 5
LATE_PERCENT = 1


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An advice; ``rule`` is its stable name, ``figures`` are what fired it."""

    rule: str
    text: str
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"rule": self.rule, "text": self.text, "figures": self.figures}


def recommend(recent: Window, workers: int) -> list[Recommendation]:
    """Return what these figures call for, the gravest first; empty where all is well."""
    return [
        *_errors(recent),
        *_slow(recent),
        *_pages(recent),
        *_cache(recent),
        *_late(recent),
        *_dropped(recent),
        *_silence(recent, workers),
    ]


def _errors(recent: Window) -> Iterator[Recommendation]:
    for route, histogram in sorted(recent.named("request").items()):
        failures = recent.failures("request", route)
        percent = 100 * failures / histogram.count
        if percent >= health.ERROR_PERCENT[0]:
            yield Recommendation(
                "error-rate",
                _("%(route)s fails too often. Look for its request ids in the log.")
                % {"route": route},
                {"route": route, "failures": failures, "requests": histogram.count,
                 "percent": round(percent, 1), "target": f"< {health.ERROR_PERCENT[0]}%"},
            )  # fmt: skip


def _slow(recent: Window) -> Iterator[Recommendation]:
    total = recent.total("request")
    percent = recent.slow_percent()
    if percent is not None and percent >= SLOW_PERCENT:
        yield Recommendation(
            "slow-share",
            _("Too many requests take longer than a second. Add a worker, or look at the slowest."),
            {"slow": total.slow, "requests": total.count, "percent": round(percent, 1),
             "target": f"< {SLOW_PERCENT}%"},
        )  # fmt: skip
    for name, histogram in sorted(recent.named("operation").items()):
        if histogram.slow:
            yield Recommendation(
                "slow-operation",
                _("%(name)s took longer than a second.") % {"name": name},
                {"operation": name, "slow": histogram.slow, "calls": histogram.count,
                 "max_ms": histogram.max_ms},
            )  # fmt: skip


def _pages(recent: Window) -> Iterator[Recommendation]:
    for route, histogram in sorted(recent.named("request").items()):
        if histogram.count < FEWEST_REQUESTS:
            continue
        yield from _page(route, histogram)


def _page(route: str, histogram: Histogram) -> Iterator[Recommendation]:
    mean = histogram.mean_ms or 0.0
    queries = histogram.queries / histogram.count
    if mean >= health.MEAN_MS[0]:
        share = histogram.database_us / histogram.sum_us
        words = (
            _("%(route)s is slow, mostly in the database.")
            if share > 1 / 2
            else _("%(route)s is slow, mostly outside the database.")
        )
        yield Recommendation(
            "slow-page",
            words % {"route": route},
            {"route": route, "average_ms": round(mean, 1), "database_percent": round(100 * share),
             "requests": histogram.count, "target": f"< {health.MEAN_MS[0]} ms"},
        )  # fmt: skip
    if queries > MOST_QUERIES:
        yield Recommendation(
            "many-queries",
            _("%(route)s asks the database too often.") % {"route": route},
            {"route": route, "queries_per_request": round(queries, 1),
             "requests": histogram.count, "target": f"<= {MOST_QUERIES}"},
        )  # fmt: skip


def _cache(recent: Window) -> Iterator[Recommendation]:
    results = recent.outcomes("cache")
    looked = sum(results.values())
    percent = recent.hit_percent()
    is_judged = looked >= health.FEWEST_LOOKUPS
    if is_judged and percent is not None and percent < health.LOWEST_HIT_PERCENT:
        yield Recommendation(
            "hit-rate",
            _("The cache seldom has what is asked for. Give it more room."),
            {
                "hits": results.get("hit", 0),
                "lookups": looked,
                "percent": round(percent, 1),
                "target": f"> {health.LOWEST_HIT_PERCENT}%",
            },
        )
    if results.get("error"):
        yield Recommendation(
            "cache-errors",
            _("The cache could not be read. Check the Valkey or Redis server."),
            {"errors": results["error"], "lookups": looked},
        )


def _late(recent: Window) -> Iterator[Recommendation]:
    entries = recent.outcomes("entries")
    count = sum(entries.values())
    late = entries.get("late", 0)
    if count >= FEWEST_REQUESTS and 100 * late / count >= LATE_PERCENT:
        yield Recommendation(
            "late-entries",
            _("Answers arrive after the time was over. Check the network of the test room."),
            {"late": late, "entries": count, "target": f"< {LATE_PERCENT}%"},
        )


def _dropped(recent: Window) -> Iterator[Recommendation]:
    dropped = recent.total("monitoring", "dropped").count
    if dropped:
        yield Recommendation(
            "dropped-figures",
            _("Figures were lost while the database was away: counts are too low."),
            {"dropped": dropped},
        )


def _silence(recent: Window, workers: int) -> Iterator[Recommendation]:
    if not workers and recent.total("request").count:
        yield Recommendation(
            "silent-workers",
            _("No process has handed in figures for 30 seconds."),
            {"workers": workers},
        )
