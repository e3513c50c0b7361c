"""Whether PostgreSQL holds enough connections ready for everything that this installation runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

# Of a web process, beside its threads: what hands in figures, and the probes of health and
# readiness, which open one each.
BESIDE_THREADS = 4
# Of the periodic work: its own and what hands in figures.
OF_PERIODIC = 2
# manage.py, a backup and two people with psql in the middle of an upgrade.
SPARE = 6
ROOM = """
SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)
FROM pg_settings
WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""


def needed() -> int:
    """Return how many connections may be open at once; while upgraded a host runs all twice."""
    of_a_host = settings.WORKERS * (settings.THREADS + BESIDE_THREADS) + OF_PERIODIC
    return int((settings.HOSTS + 1) * of_a_host + SPARE)


def shortage() -> str | None:
    """Return in words what PostgreSQL lacks, or None; 1 query, none on SQLite or with a pool."""
    if connection.vendor != "postgresql" or settings.PGBOUNCER:
        return None
    with connection.cursor() as cursor:
        cursor.execute(ROOM)
        room = int(cursor.fetchone()[0])
    if room >= needed():
        return None
    return (
        f"PostgreSQL has room for {room} connections and {needed()} may be needed "
        f"({settings.HOSTS} hosts, {settings.WORKERS} workers, {settings.THREADS} threads, one "
        "host twice while it is upgraded). Raise max_connections or use PgBouncer: "
        "docs/scaling.md."
    )


def log_shortage() -> None:
    """Say it in the log where there is too little room; a server starts all the same."""
    found = shortage()
    if found:
        logger.warning("too few connections", extra={"found": found})


def check_room(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Tell ``manage.py check --database default`` and ``migrate``."""
    found = shortage() if databases and "default" in databases else None
    return [checks.Warning(found, id="placement_test.W001")] if found else []
