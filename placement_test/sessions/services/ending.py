"""Ending sessions whose time is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from placement_test.lib import clock
from placement_test.models import Result, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries as results
from placement_test.results.services import marking
from placement_test.saving import rules

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from uuid import UUID

logger = logging.getLogger(__name__)

# One sweep ends at most this many, oldest first, so that a backlog does not hold the loop.
SWEEP_MOST = 20_000
# As many end in one transaction: on SQLite all saves wait for it.
TOGETHER = 50


@PerformanceMonitor.track_execution_time("sessions.sweep")
def sweep(at: dt.datetime | None = None) -> int:
    """End open sessions whose deadline and grace are over; return how many.

    1 query to find them; then fifty together in 6 queries and one for each exam version among them;
    a transaction of its own for each that somebody holds just now, that was marked before or that
    cannot be marked with the others.  Safe to run in several processes at once.  One that cannot
    be marked at all is logged and left open; it holds up no other one.
    """
    at = at or clock.now()
    overdue = StudentSession.objects.filter(
        state=StudentSession.State.OPEN, deadline_at__lt=at - rules.GRACE, paused_at=None
    ).order_by("deadline_at")
    ids = list(overdue.values_list("id", flat=True)[:SWEEP_MOST])
    ended = sum(_end_all(each, at) for each in _batches(ids))
    if ended:
        logger.info("overdue sessions ended", extra={"count": ended})
    return ended


def _batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(ids), TOGETHER):
        yield ids[first : first + TOGETHER]


def end_if_overdue(session: StudentSession) -> StudentSession:
    """Return the session, ended first where its deadline and grace are over."""
    if not is_overdue(session, clock.now()):
        return session
    _end(session.id, clock.now())
    session.refresh_from_db(fields=["state", "ended_at"])
    return session


def _end_all(ids: Sequence[UUID], at: dt.datetime) -> int:
    try:
        ended = _end_together(ids, at)
    except (OperationalError, InterfaceError):
        raise  # The database is away: the next sweep tries all of them again.
    except Exception:
        logger.warning("sessions end one by one", exc_info=True)
        ended = set()
    return len(ended) + sum(_try_to_end(each, at) for each in ids if each not in ended)


@transaction.atomic
def _end_together(ids: Sequence[UUID], at: dt.datetime) -> set[UUID]:
    """End those that nobody holds and that were never marked, and return them."""
    markable = results.markable().filter(id__in=ids, state=StudentSession.State.OPEN)
    sessions = [
        session
        for session in results.locked(markable, without_waiting=True)
        if is_overdue(session, at) and marking.was_never_marked(session)
    ]
    ended = {session.id for session in sessions}
    StudentSession.objects.filter(id__in=ended).update(
        state=StudentSession.State.EXPIRED, ended_at=F("deadline_at"), paused_at=None
    )
    marking.conclude_first([session for session in sessions if session.preview_by_id is None])
    OptimizedQueries.forget_session(*ended)
    return ended


def _try_to_end(session_id: UUID, at: dt.datetime) -> bool:
    try:
        return _end(session_id, at)
    except (OperationalError, InterfaceError):
        raise  # The database is away: the next sweep tries all of them again.
    except Exception:
        logger.exception("session not ended", extra={"session": session_id})
        return False


@transaction.atomic
def _end(session_id: UUID, at: dt.datetime) -> bool:
    session = results.locked(results.markable().filter(id=session_id)).first()
    if session is None or not is_overdue(session, at):
        return False
    assert session.deadline_at is not None  # noqa: S101 - a constraint holds open sessions to it
    expire(session, session.deadline_at)
    return True


def expire(session: StudentSession, ended_at: dt.datetime) -> None:
    """End a session, mark it and place its student.

    ``session`` comes from ``results.markable()``, locked, inside the caller's transaction.
    """
    session.state = StudentSession.State.EXPIRED
    session.ended_at = ended_at
    session.paused_at = None
    session.save(update_fields=["state", "ended_at", "paused_at"])
    if session.preview_by_id is None:
        marking.conclude(session, results.answers(session.id), cause=Result.Cause.ENDED)
    OptimizedQueries.forget_session(session.id)


def is_overdue(session: StudentSession, at: dt.datetime) -> bool:
    """Return whether deadline and grace of a running session are over; in a pause they are not."""
    return (
        session.state == StudentSession.State.OPEN
        and session.deadline_at is not None
        and rules.clocked(at, session.paused_at) > session.deadline_at + rules.GRACE
    )
