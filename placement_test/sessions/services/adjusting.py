"""What staff do about a session's time: give it, stop the clock, end, open again.

Each press of a button has a key of its own: pressed twice, or sent again by a browser that had no
reply, it is done once.  Sessions are locked in the order of their ids, the record comes last.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.errors import NotMarkedYet, ReasonMissing, SessionNotRunning
from placement_test.lib import audit, clock
from placement_test.models import Adjustment, StudentSession
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries as results
from placement_test.saving import rules
from placement_test.sessions.services import ending

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import Model, QuerySet

    from placement_test.models import StaffUser

State = StudentSession.State
Kind = Adjustment.Kind

# Rows of one statement: SQLite takes 32,766 values, and each row has three of them.
ROWS_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, why, and which press of the button it was."""

    actor: StaffUser
    reason: str
    key: UUID

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ReasonMissing


@dataclass(frozen=True, slots=True)
class Group:
    """The sessions that a decision is about, and what it is recorded under.

    ``subject`` is the session itself, the event, or the academy for a list or for all.
    """

    sessions: QuerySet[StudentSession]
    subject: Model


def one(session: StudentSession) -> Group:
    """Return the group of a single session."""
    return Group(StudentSession.objects.filter(id=session.pk), session)


@transaction.atomic
def give_time(group: Group, *, minutes: int, decision: Decision) -> int:
    """Move the deadlines of the running sessions; return how many were moved.

    Pages hear of it with their next save.  Negative minutes take time, never more than is left.
    7 queries for any group up to 500.

    :raises SessionNotRunning: where none of them runs
    """
    now = clock.now()
    sessions = _running(group)
    moved = []
    for session in _not_done(sessions, decision):
        before = _deadline(session)
        left = (before - rules.clocked(now, session.paused_at)).total_seconds()
        seconds = max(minutes * 60, -max(0, math.floor(left)))
        moved.append((session, seconds))
    _adjust(moved, Kind.TIME, decision, at=now)
    if moved:
        audit.record(
            decision.actor,
            "time given",
            group.subject,
            before=_deadlines([session for session, _ in moved], shift=[s for _, s in moved]),
            after={"sessions": len(moved), "minutes": minutes}
            | (_deadlines([session for session, _ in moved]) or {}),
            reason=decision.reason,
        )
    return len(moved)


@transaction.atomic
def pause(group: Group, *, decision: Decision) -> int:
    """Stop the clocks of the running sessions; what students enter still counts.

    Returns how many were stopped; those that stand already, or whose time is over, stay.

    :raises SessionNotRunning: where none of them runs
    """
    now = clock.now()
    running = [session for session in _running(group) if not ending.is_overdue(session, now)]
    if not running:
        raise SessionNotRunning
    stopped = [session for session in _not_done(running, decision) if session.paused_at is None]
    for session in stopped:
        session.paused_at = now
    _adjust([(session, 0) for session in stopped], Kind.PAUSE, decision, at=now)
    _record(group, "clock stopped", stopped, decision)
    return len(stopped)


@transaction.atomic
def go_on(group: Group, *, decision: Decision) -> int:
    """Let the clocks go on; each deadline moves by the length of its pause.

    Returns how many go on again; those that run already stay.

    :raises SessionNotRunning: where none of them runs
    """
    now = clock.now()
    going = []
    for session in _not_done(_running(group), decision):
        if session.paused_at is not None:
            # Up to the next whole second: the student never loses a part of one.
            seconds = math.ceil((now - session.paused_at).total_seconds())
            session.paused_at = None
            going.append((session, seconds))
    _adjust(going, Kind.CONTINUE, decision, at=now)
    _record(group, "clock goes on", [session for session, _ in going], decision)
    return len(going)


@transaction.atomic
def end_now(session_id: UUID, *, decision: Decision) -> bool:
    """End a running session, mark it and place its student; return whether it ran until now.

    What is on its way still counts for the usual minute: the deadline becomes this moment.

    :raises SessionNotRunning: where it was never begun, or ended in another way
    """
    session = _locked(session_id)
    if not _not_done([session], decision):
        return False
    if session.state != State.OPEN:
        raise SessionNotRunning
    now = clock.now()
    seconds = math.ceil((now - _deadline(session)).total_seconds())
    _adjust([(session, min(seconds, 0))], Kind.END, decision, at=now)
    ending.expire(session, now)
    _record(one(session), "test ended", [session], decision)
    return True


@transaction.atomic
def open_again(session_id: UUID, *, minutes: int, decision: Decision) -> bool:
    """Let a student go on with a session that has ended; return whether that was done now.

    Its page claims anew; receipts and results stay, and the next end adds a result.  An earlier
    page's entries are behind the new claim, as those of any earlier page.

    :raises NotMarkedYet: where it has not ended
    """
    session = _locked(session_id)
    if not _not_done([session], decision):
        return False
    if session.ended_at is None:
        raise NotMarkedYet
    now = clock.now()
    ended = session.ended_at
    seconds = math.ceil((now - _deadline(session)).total_seconds()) + minutes * 60
    session.state = State.OPEN
    session.ended_at = session.archived_at = None
    session.reopened_at = now
    session.epoch += 1
    session.save(update_fields=["state", "ended_at", "archived_at", "reopened_at", "epoch"])
    _adjust([(session, seconds)], Kind.REOPEN, decision, at=now)
    audit.record(
        decision.actor,
        "test opened again",
        session,
        before={"ended": ended.isoformat()},
        after={"minutes": minutes, "deadline": _deadline(session).isoformat()},
        reason=decision.reason,
    )
    OptimizedQueries.forget_session(session.id)
    return True


def _running(group: Group) -> list[StudentSession]:
    rows = group.sessions.filter(state=State.OPEN, preview_by=None).order_by("id")
    found = list(results.locked(rows))
    if not found:
        raise SessionNotRunning
    return found


def _locked(session_id: UUID) -> StudentSession:
    return results.locked(results.markable().filter(id=session_id)).get()


def _not_done(sessions: list[StudentSession], decision: Decision) -> list[StudentSession]:
    """Return those that this press has not reached yet, read under their locks."""
    done = set(
        Adjustment.objects.filter(key=decision.key, session__in=sessions).values_list(
            "session_id", flat=True
        )
    )
    return [session for session in sessions if session.pk not in done]


def _adjust(
    moved: list[tuple[StudentSession, int]], kind: Kind, decision: Decision, *, at: dt.datetime
) -> None:
    Adjustment.objects.bulk_create(
        [
            Adjustment(
                session=session,
                kind=kind,
                key=decision.key,
                seconds=seconds,
                reason=decision.reason,
                made_at=at,
                made_by=decision.actor,
            )
            for session, seconds in moved
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    for session, seconds in moved:
        session.deadline_at = _deadline(session) + dt.timedelta(seconds=seconds)
    StudentSession.objects.bulk_update(
        [session for session, _ in moved],
        ["deadline_at", "paused_at"],
        batch_size=ROWS_A_STATEMENT,
    )


def _record(group: Group, action: str, sessions: list[StudentSession], decision: Decision) -> None:
    if sessions:
        audit.record(
            decision.actor,
            action,
            group.subject,
            after={"sessions": len(sessions)} | (_deadlines(sessions) or {}),
            reason=decision.reason,
        )


def _deadlines(
    sessions: list[StudentSession], shift: list[int] | None = None
) -> dict[str, object] | None:
    """Return a single session's deadline as the record keeps it, before a shift by seconds."""
    if len(sessions) != 1:
        return None
    back = dt.timedelta(seconds=shift[0] if shift else 0)
    return {"deadline": (_deadline(sessions[0]) - back).isoformat()}


def _deadline(session: StudentSession) -> dt.datetime:
    assert session.deadline_at is not None  # noqa: S101 - constraints hold begun sessions to it
    return session.deadline_at
