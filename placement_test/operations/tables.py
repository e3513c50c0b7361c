"""The tables of the performance page, as texts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

MEGABYTE = 2**20
MOST_ROUTES = 25
NOTHING = "—"
# A figure below this needs its decimals.
EXACT_BELOW = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column is the head of its row, ``empty`` stands where it has none."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    empty: str

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """The rows, each cell with its column's label for narrow screens."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def status_words(status: str) -> str:
    """Return a health status in the reader's language."""
    return {
        "healthy": _("Healthy"),
        "degraded": _("Degraded"),
        "unhealthy": _("Unhealthy"),
    }[status]


def number(value: float | None) -> str:
    """Return a figure as a person reads it; a dash for none."""
    if value is None:
        return NOTHING
    return f"{value:.1f}" if value < EXACT_BELOW and value != int(value) else f"{value:,.0f}"


def findings(found: dict[str, Any]) -> tuple[Table, ...]:
    """Return what to do and how the system is."""
    return _advice(found), _health(found)


def wide(found: dict[str, Any]) -> tuple[Table, ...]:
    """Return the tables with many columns."""
    return _routes(found), _operations(found), _slow(found), _trend(found)


def narrow(found: dict[str, Any], database_before: float | None) -> tuple[Table, ...]:
    """Return the small tables, which stand side by side."""
    return _saves(found), _cache(found), _processes(found), _database(found, database_before)


def _advice(found: dict[str, Any]) -> Table:
    rows = [
        [
            advice["text"],
            advice["rule"],
            ", ".join(f"{name} {value}" for name, value in advice["figures"].items()),
        ]
        for advice in found["recommendations"]
    ]
    return Table(
        "advice",
        _("What to do"),
        (_("Recommendation"), _("Rule"), _("Figures")),
        rows,
        _("Nothing calls for action."),
    )


def _health(found: dict[str, Any]) -> Table:
    names = {
        "database": _("Database"),
        "cache": _("Cache"),
        "performance": _("Response time"),
        "memory": _("Memory"),
        "errors": _("Errors"),
    }
    rows = [[names[name], line] for name, line in found["health"]["checks"].items()]
    return Table("health", _("Health, last five minutes"), (_("Check"), _("Finding")), rows, "")


def _routes(found: dict[str, Any]) -> Table:
    rows = [
        [
            route["name"] if route["name"][0] in "/<" else f"/{route['name']}",
            number(route["count"]),
            number(route["average_ms"]),
            number(route["p95_ms"]),
            number(route["queries_per_call"]),
            number(route["database_ms"]),
            number(route["failures"]),
        ]
        for route in found["routes"][:MOST_ROUTES]
    ]
    columns = (
        _("Page"),
        _("Requests"),
        _("Average ms"),
        _("95 % ms"),
        _("Queries a request"),
        _("Database ms"),
        _("Failed"),
    )
    return Table("routes", _("Pages and calls"), columns, rows, _("No traffic in this time."))


def _operations(found: dict[str, Any]) -> Table:
    rows = [
        [
            operation["name"],
            number(operation["count"]),
            number(operation["average_ms"]),
            number(operation["p95_ms"]),
            number(operation["max_ms"]),
            number(operation["slow"]),
            number(operation["failures"]),
        ]
        for operation in found["operations"]
    ]
    columns = (
        _("Operation"),
        _("Calls"),
        _("Average ms"),
        _("95 % ms"),
        _("Longest ms"),
        _("Over 1 s"),
        _("Failed"),
    )
    return Table("operations", _("Operations"), columns, rows, _("None ran in this time."))


def _slow(found: dict[str, Any]) -> Table:
    rows = [
        [slow["name"], moment(slow["at"]), number(slow["milliseconds"]), slow["outcome"]]
        for slow in found["slow_operations"]
    ]
    return Table(
        "slow",
        _("Slow operations"),
        (_("Operation"), _("When"), _("Took ms"), _("Outcome")),
        rows,
        _("Nothing took longer than a second."),
    )


def _saves(found: dict[str, Any]) -> Table:
    entries, durable = found["saves"]["entries"], found["saves"]["durable"]
    names = {
        "applied": _("Accepted"),
        "duplicate": _("Sent again"),
        "late": _("Late"),
        "superseded": _("Superseded"),
        "conflict": _("In conflict"),
        "rejected": _("Rejected"),
    }
    rows = [[label, number(entries.get(name, 0))] for name, label in names.items()]
    rows += [
        [_("Saves"), number(durable["count"])],
        [_("Average ms until on disk"), number(durable["average_ms"])],
        [_("95 % ms until on disk"), number(durable["p95_ms"])],
    ]
    return Table("saves", _("Saving answers"), (_("What"), _("Figure")), rows, "")


def _cache(found: dict[str, Any]) -> Table:
    names = {"hit": _("Found"), "miss": _("Not there"), "error": _("Not reachable")}
    rows = [[label, number(found["cache"].get(name, 0))] for name, label in names.items()]
    return Table("cache", _("Cache look-ups"), (_("Result"), _("Number")), rows, "")


def _trend(found: dict[str, Any]) -> Table:
    spans = {
        _("Now"): found["requests"],
        _("One hour before"): found["trend"]["hour_before"],
        _("One week before"): found["trend"]["week_before"],
    }
    rows = [
        [
            label,
            number(figures["count"]),
            number(figures["average_ms"]),
            number(figures["p95_ms"]),
            number(figures["p99_ms"]),
        ]
        for label, figures in spans.items()
    ]
    return Table(
        "trend",
        _("Compared"),
        (_("Time"), _("Requests"), _("Average ms"), _("95 % ms"), _("99 % ms")),
        rows,
        "",
    )


def _processes(found: dict[str, Any]) -> Table:
    rows = [
        [
            f"{worker['role']} {worker['pid']}",
            worker["host"],
            number(worker["memory_bytes"] / MEGABYTE),
        ]
        for worker in found["workers"]
    ]
    return Table(
        "processes",
        _("Processes"),
        (_("Process"), _("Host"), _("Memory MB")),
        rows,
        _("No process has handed in figures for 30 seconds."),
    )


def _database(found: dict[str, Any], before: float | None) -> Table:
    now = found["database"]["bytes"]
    grown = None if before is None else (now - before) / MEGABYTE
    rows = [
        [_("Size in MB"), number(now / MEGABYTE)],
        [_("Grown in this time, in MB"), NOTHING if grown is None else f"{grown:+.1f}"],
    ]
    return Table("storage", _("Database"), (_("What"), _("Figure")), rows, "")


def moment(iso: str) -> str:
    """Return a moment of the report in the academy's time."""
    return date_format(timezone.localtime(dt.datetime.fromisoformat(iso)), "m-d H:i:s")
