"""The performance report: figures of all workers, beside targets, an hour ago and a week ago."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from placement_test.lib import clock
from placement_test.monitoring import health, memory, recommendations, storage, window

if TYPE_CHECKING:
    from placement_test.monitoring.histogram import Histogram
    from placement_test.monitoring.window import Window

HOUR = 3600
WEEK = 7 * 24 * HOUR
MOST_SLOW_OPERATIONS = 20


def make(seconds: int) -> dict[str, Any]:
    """Return the report on the last ``seconds``: 2 queries and those of a health check."""
    recent, *before = window.recent_and_before(seconds, HOUR, WEEK)
    checked = health.check()
    # None where the check had to give up.
    known = checked.figures or health.read_figures()
    return {
        "generated_at": clock.now().isoformat(),
        "window_seconds": seconds,
        "health": checked.as_dict(),
        "metrics": key_metrics(recent),
        "requests": {
            **figures(recent.total("request")),
            "failures": recent.failures("request"),
            "per_second": round(recent.total("request").count / (recent.end - recent.start), 3),
        },
        "routes": named(recent, "request"),
        "operations": named(recent, "operation"),
        "cache": recent.outcomes("cache"),
        "saves": {
            "entries": recent.outcomes("entries"),
            "durable": figures(recent.total("request", window.SAVE_ROUTE)),
        },
        "slow_operations": slow(recent),
        "trend": {
            name: figures(earlier.total("request"))
            for name, earlier in zip(("hour_before", "week_before"), before, strict=True)
        },
        "database": {"bytes": known.database_bytes},
        "workers": [
            {"host": worker.host, "role": worker.role, "pid": worker.pid,
             "memory_bytes": worker.memory_bytes}
            for worker in known.workers
        ],
        "recommendations": [
            advice.as_dict() for advice in recommendations.recommend(recent, len(known.workers))
        ],
    }  # fmt: skip


def key_metrics(recent: Window) -> dict[str, dict[str, Any]]:
    """Return the seed's five metrics with their targets; ``met`` is None without traffic."""
    return {
        "average_response_ms": _below(recent.total("request").mean_ms, health.MEAN_MS[0]),
        "memory_percent": _below(memory.measure().percent, health.MEMORY_PERCENT[0]),
        "error_percent": _below(recent.error_percent(), health.ERROR_PERCENT[0]),
        "hit_percent": _above(recent.hit_percent(), health.LOWEST_HIT_PERCENT),
        "slow_percent": _below(recent.slow_percent(), recommendations.SLOW_PERCENT),
    }


def figures(histogram: Histogram) -> dict[str, Any]:
    """Return a histogram's figures; None where nothing was counted."""
    count = histogram.count
    return {
        "count": count,
        "average_ms": _rounded(histogram.mean_ms),
        "p50_ms": _rounded(histogram.percentile_ms(50)),
        "p95_ms": _rounded(histogram.percentile_ms(95)),
        "p99_ms": _rounded(histogram.percentile_ms(99)),
        "max_ms": _rounded(histogram.max_ms),
        "slow": histogram.slow,
        "queries_per_call": _rounded(histogram.queries / count) if count else None,
        "database_ms": _rounded(histogram.database_us / count / 1000) if count else None,
    }


def named(recent: Window, kind: str) -> list[dict[str, Any]]:
    """Return the figures of each name of a kind, the costliest first."""
    found = recent.named(kind)
    costliest = sorted(found, key=lambda name: -found[name].sum_us)
    return [
        {"name": name, **figures(found[name]), "failures": recent.failures(kind, name)}
        for name in costliest
    ]


def slow(recent: Window) -> list[dict[str, Any]]:
    """Return the newest slow-operation alerts of the window: 1 query."""
    since = dt.datetime.fromtimestamp(recent.start, dt.UTC)
    return [
        {"at": row.at.isoformat(), "kind": row.kind, "name": row.name, "outcome": row.outcome,
         "milliseconds": row.milliseconds, "host": row.host, "pid": row.pid}
        for row in storage.slow_operations(since, MOST_SLOW_OPERATIONS)
    ]  # fmt: skip


def _below(value: float | None, limit: float) -> dict[str, Any]:
    return _metric(value, f"< {limit}", None if value is None else value < limit)


def _above(value: float | None, limit: float) -> dict[str, Any]:
    return _metric(value, f"> {limit}", None if value is None else value > limit)


def _metric(value: float | None, target: str, met: bool | None) -> dict[str, Any]:
    return {"value": _rounded(value), "target": target, "met": met}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
