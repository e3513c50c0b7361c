"""What depends on the kind of database: durability checks and SQLite's checkpoint."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection

from placement_test.lib.sqlite.base import queued

if TYPE_CHECKING:
    from placement_test.lib.sqlite.base import DatabaseWrapper

logger = logging.getLogger(__name__)

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


def refuse_unsafe() -> None:
    """Check when a server starts that a commit here survives a power cut; closes the connection.

    A database that is away is no reason to refuse: ``/readyz`` says so until it is there, and looks
    at this again each time.

    :raises ImproperlyConfigured: where an acknowledged answer could be lost
    """
    try:
        problem = durability_problem()
    except (OperationalError, InterfaceError) as error:
        logger.warning("database away at the start", extra={"error": type(error).__name__})
        return
    finally:
        connection.close()
    if problem:
        raise ImproperlyConfigured(
            f"A power cut would lose acknowledged answers: {problem}. Switch it on in the database."
        )
