"""What depends on the kind of database: durability checks and SQLite's checkpoint."""

from __future__ import annotations

import contextvars
import logging
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection, transaction

from placement_test.errors import PlacementError
from placement_test.lib import connection_room
from placement_test.lib.sqlite.base import queued
from placement_test.lib.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from placement_test.lib.sqlite.base import DatabaseWrapper

logger = logging.getLogger(__name__)

T = TypeVar("T")

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


def committed_together(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, committed together with what other threads have to write.

    For SQLite, where a commit costs more than what is written and writers queue for it.  ``work``
    is a transaction of its own (a savepoint where it is one of several); inside a transaction of
    the caller's it is simply done.

    :raises PlacementError: what ``work`` raises; the others are committed all the same
    :raises Exception: where the commit failed: all of them see it
    """
    if connection.in_atomic_block:
        return work()
    outcome = _together((work, contextvars.copy_context()))
    return work() if outcome is ALONE else cast("T", outcome)


def _commit(works: Sequence[Work]) -> list[Any]:
    if len(works) == 1:
        return [works[0][0]()]
    try:
        with transaction.atomic():
            return [_attempted(*each) for each in works]
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("one piece of work broke a transaction of several")
        return [ALONE] * len(works)


def _attempted(work: Callable[[], Any], context: contextvars.Context) -> Any:
    """Return what came of one of several; what it is refused for is its own."""
    try:
        return context.run(work)
    except PlacementError as error:
        return error


Work = tuple["Callable[[], Any]", contextvars.Context]
ALONE = object()
MOST_TOGETHER = 32
_together: Together[Work, Any] = Together(_commit, MOST_TOGETHER)


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

    That there are too few connections is said in the log.

    A database that is away is no reason to refuse: ``/readyz`` says so until it is there, and looks
    at this again each time.

    :raises ImproperlyConfigured: where an acknowledged answer could be lost
    """
    try:
        problem = durability_problem()
        connection_room.log_shortage()
    except (OperationalError, InterfaceError) as error:
        logger.warning("database away at the start", extra={"error": type(error).__name__})
        return
    finally:
        connection.close()
    if problem:
        raise ImproperlyConfigured(
            f"A power cut would lose acknowledged answers: {problem}. Switch it on in the database."
        )
