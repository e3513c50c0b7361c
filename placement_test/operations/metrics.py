"""The figures for Prometheus: the same from every worker, because all read the same rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from placement_test.lib import clock, monitor_access
from placement_test.monitoring import storage
from placement_test.monitoring.health import PROBE_SECONDS
from placement_test.monitoring.histogram import BOUNDS_US
from placement_test.monitoring.probing import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest
    from prometheus_client import Metric

    from placement_test.models import MonitoredProcess
    from placement_test.monitoring.histogram import Histogram
    from placement_test.monitoring.storage import What

MICRO = 1_000_000
Figures = dict["What", "Histogram"]


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Reply in Prometheus' text format; 503 where the database does not answer: 3 queries.

    For this machine, the monitor's token, directors and administrators.
    """
    if not monitor_access.may_scrape(request):
        raise PermissionDenied
    _reading.start()
    text = _reading.answer(time.perf_counter() + PROBE_SECONDS).value
    if text is None:
        return HttpResponse("figures not available\n", status=503, content_type="text/plain")
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


class Figured(Collector):
    """Metrics made of figures that were read before."""

    def __init__(
        self, figures: Figures, processes: list[MonitoredProcess], database_bytes: int
    ) -> None:
        self._figures = figures
        self._processes = processes
        self._database_bytes = database_bytes

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; the names are listed in docs/monitoring.md."""
        yield self._requests()
        yield from self._queries()
        yield self._durations("operation", "primepath_operation_seconds", "Operations by outcome.")
        yield self._counts("cache", "primepath_cache_lookups", "kind", "Look-ups in the cache.")
        yield self._entries()
        yield self._dropped()
        yield from self._gauges()

    def _of(self, kind: str) -> Iterator[tuple[What, Histogram]]:
        return ((what, found) for what, found in self._figures.items() if what.kind == kind)

    def _requests(self) -> Metric:
        family = HistogramMetricFamily(
            "primepath_request_seconds",
            "Requests by route, method and status.",
            labels=["route", "method", "status"],
        )
        for what, found in self._of("request"):
            method, _, status = what.outcome.partition(" ")
            family.add_metric([what.name, method, status], *_buckets(found))
        return family

    def _queries(self) -> Iterator[Metric]:
        queries = CounterMetricFamily(
            "primepath_request_queries", "Database statements of requests.", labels=["route"]
        )
        seconds = CounterMetricFamily(
            "primepath_request_database_seconds",
            "Time of requests in the database, commits left out.",
            labels=["route"],
        )
        by_route: dict[str, list[int]] = {}
        for what, found in self._of("request"):
            total = by_route.setdefault(what.name, [0, 0])
            total[0] += found.queries
            total[1] += found.database_us
        for route, (count, microseconds) in by_route.items():
            queries.add_metric([route], count)
            seconds.add_metric([route], microseconds / MICRO)
        yield queries
        yield seconds

    def _durations(self, kind: str, name: str, text: str) -> Metric:
        family = HistogramMetricFamily(name, text, labels=[kind, "outcome"])
        for what, found in self._of(kind):
            family.add_metric([what.name, what.outcome], *_buckets(found))
        return family

    def _counts(self, kind: str, name: str, label: str, text: str) -> Metric:
        family = CounterMetricFamily(name, text, labels=[label, "result"])
        for what, found in self._of(kind):
            family.add_metric([what.name, what.outcome], found.count)
        return family

    def _entries(self) -> Metric:
        family = CounterMetricFamily(
            "primepath_entries", "Entries received, by what became of them.", labels=["status"]
        )
        for what, found in self._of("entries"):
            family.add_metric([what.outcome], found.count)
        return family

    def _dropped(self) -> Metric:
        dropped = sum(found.count for what, found in self._of("monitoring"))
        return CounterMetricFamily(
            "primepath_monitoring_dropped", "Samples lost while the database was away.", dropped
        )

    def _gauges(self) -> Iterator[Metric]:
        memory = [process.memory_bytes for process in self._processes]
        yield GaugeMetricFamily(
            "primepath_processes", "Processes that handed in figures lately.", len(memory)
        )
        yield GaugeMetricFamily(
            "primepath_process_memory_bytes_sum", "Memory of all processes.", sum(memory)
        )
        yield GaugeMetricFamily(
            "primepath_process_memory_bytes_max", "Memory of the largest.", max(memory, default=0)
        )
        yield GaugeMetricFamily(
            "primepath_database_bytes", "Size of the database.", self._database_bytes
        )


def _buckets(found: Histogram) -> tuple[list[tuple[str, float]], float]:
    """Return cumulative counts by upper bound in seconds, and the sum."""
    running = 0
    buckets: list[tuple[str, float]] = []
    bounds = [f"{bound / MICRO:g}" for bound in BOUNDS_US] + ["+Inf"]
    for bound, count in zip(bounds, found.counts, strict=True):
        running += count
        buckets.append((bound, running))
    return buckets, found.sum_us / MICRO


def _text() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figured(storage.ever(), storage.alive(clock.now()), storage.database_bytes()))
    return generate_latest(registry)


_reading = Probe("metrics", _text)
