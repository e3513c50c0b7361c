"""What the performance page shows, as texts: the page and its refresh use the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from placement_test.lib import cache, clock
from placement_test.monitoring import histogram, storage, window
from placement_test.operations import charts, tables
from placement_test.performance_monitor import PerformanceMonitor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement_test.monitoring.histogram import Histogram
    from placement_test.operations.tables import Table

MEGABYTE = 2**20
# (seconds of the span, seconds of a point, points of a row in the table beside the chart)
SPANS = {
    "hour": (3600, 60, 5),
    "day": (86_400, 900, 8),
    "week": (604_800, 7200, 6),
}
# A day's and a week's figures are read from a hundred thousand rows: not every five seconds.
KEPT_SECONDS = {"hour": 2, "day": 30, "week": 60}


@dataclass(frozen=True, slots=True)
class Tile:
    """One key metric beside its target; ``state`` is ok, bad or none."""

    id: str
    label: str
    value: str
    target: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the span, and the same figures as a table."""

    id: str
    title: str
    lines: tuple[charts.Line, ...]
    top: str
    begins: str
    ends: str
    table: Table


@dataclass(frozen=True, slots=True)
class Board:
    """All of the page."""

    status: str
    updated: str
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    findings: tuple[Table, ...]
    wide: tuple[Table, ...]
    narrow: tuple[Table, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what the page replaces when it refreshes itself."""
        texts = {"status": self.status, "updated": self.updated}
        for tile in self.tiles:
            texts |= {f"{tile.id}-value": tile.value, f"{tile.id}-words": tile.words}
        for chart in self.charts:
            texts |= {
                f"{chart.id}-top": chart.top,
                f"{chart.id}-begins": chart.begins,
                f"{chart.id}-ends": chart.ends,
            }
        shown = [*self.findings, *self.wide, *self.narrow, *(chart.table for chart in self.charts)]
        return {
            "texts": texts,
            "states": {tile.id: tile.state for tile in self.tiles},
            "lines": {line.id: line.path for chart in self.charts for line in chart.lines},
            "rows": {table.id: table.rows for table in shown},
        }


@dataclass(frozen=True, slots=True)
class _Piece:
    """The figures of one point of a chart."""

    start: int
    requests: Histogram
    failures: int
    database_bytes: float | None
    memory_bytes: float | None


def board(span: str, language: str) -> Board:
    """Return the page of ``hour``, ``day`` or ``week``: 3 queries, or none while it is fresh."""
    return cache.remember(
        cache.key("performance", span, language), KEPT_SECONDS[span], lambda: _make(span)
    )


def _make(span: str) -> Board:
    seconds, every, _points = SPANS[span]
    found = PerformanceMonitor.get_performance_report(seconds)
    pieces = _pieces(seconds, every)
    return Board(
        status=tables.status_words(found["health"]["status"]),
        updated=date_format(timezone.localtime(clock.now()), "H:i:s"),
        tiles=_tiles(found),
        charts=_charts(pieces, span),
        findings=tables.findings(found),
        wide=tables.wide(found),
        narrow=tables.narrow(found, _first_size(pieces)),
    )


def _tiles(found: dict[str, Any]) -> tuple[Tile, ...]:
    metrics = found["metrics"]
    names = {
        "average_response_ms": (
            _("Average response time"),
            _("below 200 ms"),
            "{:.0f}\N{NO-BREAK SPACE}ms",
        ),
        "memory_percent": (_("Memory in use"), _("below 85 %"), "{:.0f}\N{NO-BREAK SPACE}%"),
        "error_percent": (_("Error rate"), _("below 1 %"), "{:.2f}\N{NO-BREAK SPACE}%"),
        "hit_percent": (_("Cache hit rate"), _("above 60 %"), "{:.0f}\N{NO-BREAK SPACE}%"),
        "slow_percent": (_("Slow requests"), _("below 5 %"), "{:.2f}\N{NO-BREAK SPACE}%"),
    }
    return tuple(
        _tile(name, metrics[name], label, target, form)
        for name, (label, target, form) in names.items()
    )


def _tile(name: str, metric: dict[str, Any], label: str, target: str, form: str) -> Tile:
    state = {None: "none", True: "ok", False: "bad"}[metric["met"]]
    words = {"none": _("No traffic"), "ok": _("Target met"), "bad": _("Target missed")}[state]
    value = tables.NOTHING if metric["value"] is None else form.format(metric["value"])
    return Tile(name.replace("_", "-"), label, value, target, state, words)


def _pieces(seconds: int, every: int) -> list[_Piece]:
    # With the slot that is being filled: the newest point may be too low, by a sixth at most.
    end = (int(clock.now().timestamp()) // storage.TEN_SECONDS + 1) * storage.TEN_SECONDS
    start = end - seconds
    lines = storage.over_time(["request", "gauge"], start, end, every=every)
    pieces = []
    for moment in range(start, end, every):
        found = lines.get(moment, {})
        here = {what: each for what, each in found.items() if what.kind == "request"}
        merged = histogram.Histogram()
        for each in here.values():
            merged.merge(each)
        failures = sum(each.count for what, each in here.items() if window.has_failed(what))
        noted = {what.outcome: each for what, each in found.items() if what.kind == "gauge"}
        pieces.append(
            _Piece(
                moment,
                merged,
                failures,
                _mean(noted.get("database_bytes")),
                _mean(noted.get("memory_bytes")),
            )
        )
    return pieces


def _mean(found: Histogram | None) -> float | None:
    return found.sum_us / found.count if found and found.count else None


def _charts(pieces: Sequence[_Piece], span: str) -> tuple[Chart, ...]:
    minutes = SPANS[span][1] / 60
    return (
        _chart(
            "rate",
            _("Requests a minute"),
            [
                (_("Requests"), "main", [piece.requests.count / minutes for piece in pieces]),
                (_("Failed"), "bad", [piece.failures / minutes for piece in pieces]),
            ],
            pieces,
            span,
        ),
        _chart(
            "latency",
            _("Response time in ms"),
            [
                (_("Half below"), "main", _percentiles(pieces, 50)),
                (_("95 % below"), "second", _percentiles(pieces, 95)),
            ],
            pieces,
            span,
        ),
        _chart(
            "memory",
            _("Memory of all processes in MB"),
            [(_("Memory"), "main", _megabytes([piece.memory_bytes for piece in pieces]))],
            pieces,
            span,
        ),
        _chart(
            "database",
            _("Size of the database in MB"),
            [(_("Size"), "main", _megabytes([piece.database_bytes for piece in pieces]))],
            pieces,
            span,
        ),
    )


def _first_size(pieces: Sequence[_Piece]) -> float | None:
    known = (piece.database_bytes for piece in pieces)
    return next((size for size in known if size is not None), None)


def _percentiles(pieces: Sequence[_Piece], percent: int) -> list[float | None]:
    return [piece.requests.percentile_ms(percent) for piece in pieces]


def _megabytes(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else value / MEGABYTE for value in values]


def _chart(
    name: str,
    title: str,
    series: Sequence[tuple[str, str, Sequence[float | None]]],
    pieces: Sequence[_Piece],
    span: str,
) -> Chart:
    _seconds, every, points = SPANS[span]
    top = charts.top_of([values for _label, _kind, values in series])
    rows = [
        [
            _time(pieces[first].start, span),
            *(tables.number(_average(values[first : first + points])) for _l, _k, values in series),
        ]
        for first in reversed(range(0, len(pieces), points))
    ]
    return Chart(
        name,
        title,
        tuple(
            charts.Line(f"{name}-{kind}", label, kind, charts.path(values, top))
            for label, kind, values in series
        ),
        f"{top:g}",
        _time(pieces[0].start, span),
        _time(pieces[-1].start + every, span),
        tables.Table(
            f"{name}-table",
            title,
            (_("From"), *(label for label, _kind, _values in series)),
            rows,
            "",
        ),
    )


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _time(seconds: int, span: str) -> str:
    """Return a moment in the academy's time, with its day in a span of several."""
    moment = timezone.localtime(dt.datetime.fromtimestamp(seconds, dt.UTC))
    return date_format(moment, "m-d H:i" if span == "week" else "H:i")
