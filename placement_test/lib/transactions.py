"""What depends on the kind of database: durability checks and SQLite's checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection

from placement_test.lib.sqlite.base import queued

if TYPE_CHECKING:
    from placement_test.lib.sqlite.base import DatabaseWrapper

SQLITE_FULL = 2


def is_sqlite() -> bool:
    """Return whether the database is the embedded one."""
    return connection.vendor == "sqlite"


def checkpoint() -> None:
    """Move SQLite's log into the database file, under the writers' lock; 1 statement.

    Does nothing on PostgreSQL, which has a process for it.
    """
    if not is_sqlite():
        return
    connection.ensure_connection()
    with queued(cast("DatabaseWrapper", connection)), connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


def durability_problem() -> str | None:
    """Return why a commit here would not survive a power cut, or None; 1-2 statements."""
    with connection.cursor() as cursor:
        if is_sqlite():
            cursor.execute("PRAGMA synchronous")
            return None if cursor.fetchone()[0] >= SQLITE_FULL else "synchronous is below FULL"
        for name in ("fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone()[0] == "off":
                return f"{name} is off"
    return None
