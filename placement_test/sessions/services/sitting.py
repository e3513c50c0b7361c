"""Begin, claim, save and state: what the runner calls while a student works."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from placement_test.errors import SessionEnded, SessionUnknown, TokenMissing
from placement_test.lib import clock
from placement_test.models import Result, StudentSession, Writer
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries as results
from placement_test.results.services import marking
from placement_test.saving import rules
from placement_test.saving.entries import HIGHEST_BELIEVED_EPOCH
from placement_test.saving.store import StaffAuthority
from placement_test.sessions import queries

if TYPE_CHECKING:
    from uuid import UUID

    from placement_test.saving.entries import Batch, Claim, SaveReply
    from placement_test.saving.store import Right

State = StudentSession.State


@PerformanceMonitor.track_execution_time("sessions.begin")
@transaction.atomic
def begin(session_id: UUID, *, token: str, arrived: dt.datetime) -> StudentSession:
    """Start the clock; the first call wins, later ones change nothing: 2 queries.

    :raises SessionUnknown, TokenMissing: where the browser may not
    """
    session = owned(session_id, token=token)
    if session.state == State.REGISTERED:
        session.state = State.OPEN
        session.started_at = arrived
        session.deadline_at = arrived + dt.timedelta(seconds=session.allotted_seconds)
        session.save(update_fields=["state", "started_at", "deadline_at"])
    return session


@transaction.atomic
def claim(session_id: UUID, claim: Claim, *, token: str) -> int:
    """Return the epoch under which this writer writes: 2-4 queries.

    The same writer always gets the same epoch; a new one gets the highest so far and one.

    :raises SessionEnded: where the session is over
    """
    session = owned(session_id, token=token)
    known = Writer.objects.filter(session=session, writer=uuid.UUID(claim.writer)).first()
    if known is not None:
        return known.epoch
    if session.ended_at is not None:
        raise SessionEnded
    session.epoch = max(session.epoch, min(claim.seen_epoch, HIGHEST_BELIEVED_EPOCH)) + 1
    session.save(update_fields=["epoch"])
    Writer.objects.create(
        session=session,
        writer=uuid.UUID(claim.writer),
        epoch=session.epoch,
        claimed_at=clock.now(),
    )
    return session.epoch


@transaction.atomic
def save(session_id: UUID, batch: Batch, *, token: Right, arrived: dt.datetime) -> SaveReply:
    """Save a batch; what arrived in time but after the sweep marks the session again.

    Cost and errors as ``OptimizedQueries.batch_save_answers``.
    """
    saved = OptimizedQueries.batch_save_answers(session_id, batch, token=token, arrived=arrived)
    if saved.changes_result:
        session = results.locked(results.markable().filter(id=session_id)).get()
        if session.preview_by_id is not None:
            return saved.reply
        marking.conclude(session, results.answers(session_id), cause=Result.Cause.LATE)
    return saved.reply


def state(session: StudentSession) -> dict[str, Any]:
    """Return what the page needs to show everything again: 3 queries."""
    now = clock.now()
    # Before the answers: a save in between must not count as received where its answer is not in.
    through = queries.through(session.id)
    answers, flags, plays = queries.stored(session.id)
    return {
        "epoch": session.epoch,
        "state": session.state,
        "rev": session.rev,
        "answers": answers,
        "flags": flags,
        "plays": plays,
        "through": through,
        "paused": session.paused_at is not None,
        "remaining_ms": remaining_ms(session, now),
        "server_ms": int(now.timestamp() * 1000),
    }


def remaining_ms(session: StudentSession, at: dt.datetime) -> int:
    """Return the milliseconds left; the whole time before the start, none gone in a pause."""
    counted = rules.clocked(at, session.paused_at)
    return rules.remaining_ms(session.deadline_at, session.allotted_seconds, counted)


def owned(session_id: UUID, *, token: Right, writer: str = "") -> StudentSession:
    """Return the session locked, inside the caller's transaction: 1 query.

    :raises SessionUnknown: where there is no such session
    :raises TokenMissing: where the token is not one of its own
    """
    session = queries.locked_session(session_id, token=token, writer=writer).first()
    if session is None:
        raise SessionUnknown
    if not session.is_own and not isinstance(token, StaffAuthority):  # type: ignore[attr-defined]
        raise TokenMissing
    return session
