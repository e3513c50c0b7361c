"""Hand in once: check that everything arrived, freeze, mark, place, sign."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists

from placement_test.errors import (
    AnswersMissing,
    CodeNeeded,
    DigestDiffers,
    SessionEnded,
    SessionNotStarted,
    SessionUnknown,
    TokenMissing,
)
from placement_test.models import Receipt, Result, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.results import queries as results
from placement_test.results.services import marking
from placement_test.saving import limits, rules
from placement_test.saving.store import StaffAuthority
from placement_test.sessions import queries, receipts

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from placement_test.saving.entries import Submission
    from placement_test.saving.store import Right

State = StudentSession.State


@PerformanceMonitor.track_execution_time("sessions.submit")
def submit(
    session_id: UUID, submission: Submission, *, token: Right, arrived: dt.datetime
) -> Receipt:
    """Close the session and return its receipt; asked again, return the same receipt.

    At most 8 queries for an exam of any length (session, answers, key, result, marks,
    placement, session, receipt) where the exam and the ladder are cached.

    :raises SessionNotStarted: before the clock runs
    :raises SessionEnded: where the time was over and nobody had submitted
    :raises AnswersMissing: where entries up to ``last_seq`` have not arrived
    :raises DigestDiffers: where the page shows other answers than the server holds
    :raises CodeNeeded: where the session went on to another browser
    :raises TooManySaves: beyond the bounds of one session
    """
    try:
        return _submit(session_id, submission, token=token, arrived=arrived)
    except (SessionNotStarted, SessionEnded, AnswersMissing, DigestDiffers):
        # Its transaction took nothing: a page that asks for ever is counted all the same.
        limits.count_refused(session_id, arrived)
        raise


@transaction.atomic
def _submit(
    session_id: UUID, submission: Submission, *, token: Right, arrived: dt.datetime
) -> Receipt:
    session = _leading(session_id, submission, token)
    if not isinstance(token, StaffAuthority):
        limits.count_call(session, arrived)
    if session.state == State.SUBMITTED:
        session.save(update_fields=limits.CALL_FIELDS)
        return _first_receipt(session)
    if session.reopened_at and (known := _known_receipt(session, submission)):
        return known
    _check_time(session, arrived)
    _check_arrival(session, submission)
    answers = results.answers(session.id)
    if rules.digest(answers) != submission.digest:
        raise DigestDiffers
    session.state = State.SUBMITTED
    session.ended_at = arrived
    session.paused_at = None
    _freeze(session, token)
    if session.preview_by_id is None:
        marking.conclude(session, answers, cause=Result.Cause.ENDED)
    return receipts.issue(
        session,
        submit_id=uuid.UUID(submission.submit_id),
        digest=submission.digest,
        answers=sum(value != "null" for value in answers.values()),
    )


def _leading(session_id: UUID, submission: Submission, token: Right) -> StudentSession:
    found = queries.locked_with_right(session_id, token=token, writer=submission.writer)
    session = found.first()
    if session is None:
        raise SessionUnknown
    if isinstance(token, StaffAuthority):
        return session
    if not session.is_own:  # type: ignore[attr-defined]
        raise TokenMissing
    if session.is_left:  # type: ignore[attr-defined]
        raise CodeNeeded
    return session


def _check_time(session: StudentSession, arrived: dt.datetime) -> None:
    if session.state == State.REGISTERED:
        raise SessionNotStarted
    counted = rules.clocked(arrived, session.paused_at)
    if (
        session.state == State.EXPIRED
        or rules.moment(session.state, session.deadline_at, counted) == "late"
    ):
        raise SessionEnded


def _check_arrival(session: StudentSession, submission: Submission) -> None:
    through = session.through or 0  # type: ignore[attr-defined]
    if through < submission.last_seq:
        # Read with the lock, it may be from before the wait for it: a save that was under way has
        # moved it on since.
        through = queries.through(session.id).get(submission.writer, 0)
    if through < submission.last_seq:
        raise AnswersMissing(missing=[[through + 1, submission.last_seq]])


def _known_receipt(session: StudentSession, submission: Submission) -> Receipt | None:
    """Return what this submission was answered with before staff opened the session again."""
    submit_id = uuid.UUID(submission.submit_id)
    return Receipt.objects.filter(session=session, submit_id=submit_id).first()


def _freeze(session: StudentSession, token: Right) -> None:
    """Write the end, unless the session went on to another browser while this one waited."""
    row = StudentSession.objects.filter(id=session.id)
    if not isinstance(token, StaffAuthority):
        held = queries.right(session.id, token=token).filter(superseded_at=None)
        row = row.filter(Exists(held))
    fields = ("state", "ended_at", "paused_at", *limits.CALL_FIELDS)
    if not row.update(**{name: getattr(session, name) for name in fields}):
        raise CodeNeeded


def _first_receipt(session: StudentSession) -> Receipt:
    return Receipt.objects.filter(session=session).order_by("id").latest("id")
