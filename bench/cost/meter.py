"""What some work costs: statements, CPU of this process and of the database, time."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from django.db import connection

from bench import _cpu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(slots=True)
class Cost:
    """The sum of what was measured.  SQLite works inside this process: its ``db_ms`` is None."""

    statements: int = 0
    app_ms: float = 0.0
    db_ms: float | None = None
    wall_ms: list[float] = field(default_factory=list)
    """Of each piece of work."""


class Meter:
    """Measures work on the connection of this thread, again and again.

    ``BEGIN`` and ``COMMIT`` are not counted as statements; savepoints are.  The database's CPU is
    that of all processes of PostgreSQL, since saves have a connection of their own; in steps of
    10 ms: measure many.
    """

    def __init__(self) -> None:
        self._server: int | None = None
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._server = psutil.Process(cursor.fetchone()[0]).ppid()

    @contextlib.contextmanager
    def measuring(self, cost: Cost) -> Iterator[None]:
        """Add what happens inside to ``cost``, as one piece of work."""

        def count(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
            # Where Django begins a transaction by itself, as on SQLite, it passes here.
            cost.statements += not sql.startswith("BEGIN")
            return execute(sql, *args)

        with connection.execute_wrapper(count):
            db, app, wall = self._db_ms(), time.process_time(), time.perf_counter()
            try:
                yield
            finally:
                cost.wall_ms.append((time.perf_counter() - wall) * 1000)
                cost.app_ms += (time.process_time() - app) * 1000
                if db is not None:
                    cost.db_ms = (cost.db_ms or 0.0) + (self._db_ms() or 0.0) - db

    def _db_ms(self) -> float | None:
        return None if self._server is None else _cpu.seconds(self._server) * 1000


def ratio(one: float, other: float) -> float | None:
    """Return how many times ``one`` is as much as ``other``; None where that is nothing."""
    return round(one / other, 1) if other else None
