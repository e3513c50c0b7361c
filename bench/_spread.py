"""How latencies are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench._chromium import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence


def spread(milliseconds: Sequence[float]) -> dict[str, float | None]:
    """Return percentiles, mean and maximum of latencies; None where there are none."""
    if not milliseconds:
        return dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "mean_ms", "max_ms"))
    ordered = sorted(milliseconds)
    return {
        **{f"p{share}_ms": round(percentile(ordered, share), 1) for share in (50, 95, 99)},
        "mean_ms": round(sum(ordered) / len(ordered), 1),
        "max_ms": round(ordered[-1], 1),
    }
