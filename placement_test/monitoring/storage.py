"""Figures in the database: additive writing, reading over all processes, and thinning out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Max, Sum, Value

from placement_test.lib import clock
from placement_test.models import Figure, MonitoredProcess, SlowOperation
from placement_test.monitoring.histogram import Histogram

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Sequence

    from django.db.models import QuerySet

    from placement_test.monitoring.recorder import Counted, Key

TEN_SECONDS = 10
MINUTE = 60
EVER = 0  # the step of the rows that hold what was ever counted
FINE_KEPT = dt.timedelta(hours=1)
# A week's page, and the same hour of last week beside today's.
MINUTES_KEPT = dt.timedelta(days=8)
SLOW_KEPT = dt.timedelta(days=8)
PROCESSES_KEPT = dt.timedelta(days=1)
# A process hands in every five seconds; one that has been silent for six turns is gone.
ALIVE = dt.timedelta(seconds=30)
# 11 values a row: far below SQLite's and PostgreSQL's limits of values in one statement.
ROWS_A_STATEMENT = 400

COLUMNS = "step, slot, kind, name, outcome, bound, count, sum_us, max_us, queries, database_us"
ADD = """
INSERT INTO {table} ({columns}) VALUES {rows}
ON CONFLICT (step, slot, kind, name, outcome, bound) DO UPDATE SET
count = {table}.count + excluded.count, sum_us = {table}.sum_us + excluded.sum_us,
max_us = CASE WHEN excluded.max_us > {table}.max_us THEN excluded.max_us ELSE {table}.max_us END,
queries = {table}.queries + excluded.queries,
database_us = {table}.database_us + excluded.database_us
"""
ONE_ROW = "(" + ", ".join(["%s"] * 11) + ")"
# Nothing comes back where this number was handed in before.
HAND_IN = """
INSERT INTO {table} (id, host, pid, role, started_at, seen_at, flushes, memory_bytes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, flushes = excluded.flushes,
memory_bytes = excluded.memory_bytes WHERE {table}.flushes < excluded.flushes
RETURNING flushes
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """The process that hands in."""

    id: uuid.UUID
    host: str
    pid: int
    role: str
    started_at: dt.datetime


class What(NamedTuple):
    """What a figure is about."""

    kind: str
    name: str
    outcome: str


def add(who: Identity, counted: Counted, *, number: int, memory_bytes: int) -> bool:
    """Add what a process counted, in one transaction; return False if ``number`` was there.

    2 statements for each 400 cells, and one more for slow operations.  Rows are sorted, so that
    two processes never wait for each other in a circle.
    """
    with transaction.atomic():
        if not _hand_in(who, number, memory_bytes):
            return False
        rows = sorted(_rows(counted))
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            _add_rows(rows[start : start + ROWS_A_STATEMENT])
        if counted.slow:
            SlowOperation.objects.bulk_create(
                SlowOperation(
                    at=slow.at,
                    kind=slow.kind,
                    name=slow.name,
                    outcome=slow.outcome,
                    milliseconds=slow.milliseconds,
                    host=who.host,
                    pid=who.pid,
                )
                for slow in counted.slow
            )
    return True


def between(start: int, end: int | None = None) -> dict[What, Histogram]:
    """Return all figures of slots from ``start`` (seconds since 1970), before ``end``: 1 query."""
    return _histograms(_slots(start, end))


def stretches(bounds: Sequence[tuple[int, int | None]]) -> list[dict[What, Histogram]]:
    """Return what ``between`` returns for each of several stretches, that may overlap: 1 query."""
    first, *others = (
        _slots(start, end)
        .values_list(Value(place), "kind", "name", "outcome", "bound")
        .annotate(*_sums())
        for place, (start, end) in enumerate(bounds)
    )
    found: list[dict[What, Histogram]] = [{} for _stretch in bounds]
    for place, kind, name, outcome, bound, *values in first.union(*others, all=True):
        _put(found[place], What(kind, name, outcome), bound, values)
    return found


def ever() -> dict[What, Histogram]:
    """Return all figures since the installation began; they never go backwards: 1 query."""
    return _histograms(Figure.objects.filter(step=EVER))


def over_time(
    kinds: Sequence[str], start: int, end: int, *, every: int
) -> dict[int, dict[What, Histogram]]:
    """Return the figures of some kinds in pieces of ``every`` seconds, all names together: 1 query.

    A piece is named by its start; pieces without figures are missing.
    """
    rows = (
        _slots(start, end)
        .filter(kind__in=kinds)
        .annotate(piece=(F("slot") - start) / every)
        .values_list("piece", "kind", "outcome", "bound")
        .annotate(*_sums())
    )
    pieces: defaultdict[int, dict[What, Histogram]] = defaultdict(dict)
    for piece, kind, outcome, bound, *values in rows:
        what = What(kind, "", outcome)
        _put(pieces[start + int(piece) * every], what, bound, values)
    return pieces


def alive(now: dt.datetime) -> list[MonitoredProcess]:
    """Return the processes that have handed in lately, oldest first: 1 query."""
    return list(MonitoredProcess.objects.filter(seen_at__gte=now - ALIVE).order_by("started_at"))


def slow_operations(since: dt.datetime, most: int) -> list[SlowOperation]:
    """Return the newest slow operations: 1 query."""
    return list(SlowOperation.objects.filter(at__gte=since).order_by("-at")[:most])


def thin_out() -> int:
    """Turn ten-second slots into minutes after an hour, drop minutes after eight days.

    Late hand-ins are added to the minutes too.  Rows move inside one transaction, so a sum over
    both steps is right at any moment.  Returns how many rows went.
    """
    now = clock.now()
    MonitoredProcess.objects.filter(seen_at__lt=now - PROCESSES_KEPT).delete()
    SlowOperation.objects.filter(at__lt=now - SLOW_KEPT).delete()
    oldest = int((now - MINUTES_KEPT).timestamp())
    gone, _ = Figure.objects.filter(step=MINUTE, slot__lt=oldest).delete()
    return gone + _into_minutes(int((now - FINE_KEPT).timestamp()) // MINUTE * MINUTE)


def database_bytes() -> int:
    """Return how large the database is, without SQLite's log: 1 statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute(
            "SELECT (SELECT page_count FROM pragma_page_count)"
            " * (SELECT page_size FROM pragma_page_size)"
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def _into_minutes(before: int) -> int:
    old = Figure.objects.filter(step=TEN_SECONDS, slot__lt=before)
    if transaction.get_connection().features.has_select_for_update:
        # A hand-in under way could add to a row between the sum and the deletion.
        old = old.select_for_update()
    summed: dict[tuple[Any, ...], list[int]] = {}
    ids: list[int] = []
    for row in old.order_by("slot", "kind", "name", "outcome", "bound").iterator():
        ids.append(row.pk)
        key = (MINUTE, row.slot // MINUTE * MINUTE, row.kind, row.name, row.outcome, row.bound)
        values = [row.count, row.sum_us, row.max_us, row.queries, row.database_us]
        _fold(summed.setdefault(key, [0, 0, 0, 0, 0]), values)
    rows = sorted((*key, *values) for key, values in summed.items())
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        _add_rows(rows[start : start + ROWS_A_STATEMENT])
    for start in range(0, len(ids), ROWS_A_STATEMENT):
        Figure.objects.filter(id__in=ids[start : start + ROWS_A_STATEMENT]).delete()
    return len(ids)


def _hand_in(who: Identity, number: int, memory_bytes: int) -> bool:
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            HAND_IN.format(table=MonitoredProcess._meta.db_table),
            [
                who.id.hex,
                who.host,
                who.pid,
                who.role,
                moment(who.started_at),
                moment(clock.now()),
                number,
                memory_bytes,
            ],
        )
        return cursor.fetchone() is not None


def _rows(counted: Counted) -> Iterator[tuple[Any, ...]]:
    """Yield each cell for its slot, and all slots together for the row of ever."""
    total: dict[tuple[str, str, str, int], list[int]] = {}
    for key, cell in counted.cells.items():
        yield (TEN_SECONDS, *key, *cell)
        _fold(total.setdefault(_of_ever(key), [0, 0, 0, 0, 0]), cell)
    for what, cell in total.items():
        yield (EVER, 0, *what, *cell)


def _of_ever(key: Key) -> tuple[str, str, str, int]:
    return key.kind, key.name, key.outcome, key.bound


def _fold(into: list[int], more: Sequence[int]) -> None:
    count, sum_us, max_us, queries, database_us = more
    into[0] += count
    into[1] += sum_us
    into[2] = max(into[2], max_us)
    into[3] += queries
    into[4] += database_us


def _add_rows(rows: Sequence[tuple[Any, ...]]) -> None:
    sql = ADD.format(
        table=Figure._meta.db_table, columns=COLUMNS, rows=", ".join([ONE_ROW] * len(rows))
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for row in rows for value in row])


def _sums() -> tuple[Any, ...]:
    return (
        Sum("count"),
        Sum("sum_us"),
        Max("max_us"),
        Sum("queries"),
        Sum("database_us"),
    )


def _slots(start: int, end: int | None) -> QuerySet[Figure]:
    rows = Figure.objects.filter(step__in=[TEN_SECONDS, MINUTE], slot__gte=start)
    return rows if end is None else rows.filter(slot__lt=end)


def _histograms(rows: Any) -> dict[What, Histogram]:
    summed = rows.values_list("kind", "name", "outcome", "bound").annotate(*_sums())
    found: dict[What, Histogram] = {}
    for kind, name, outcome, bound, *values in summed:
        _put(found, What(kind, name, outcome), bound, values)
    return found


def _put(found: dict[What, Histogram], what: What, bound: int, values: Sequence[int]) -> None:
    count, sum_us, max_us, queries, database_us = map(int, values)
    histogram = found.setdefault(what, Histogram())
    histogram.add(bound, count=count, sum_us=sum_us, max_us=max_us)
    histogram.queries += queries
    histogram.database_us += database_us
