"""Begin, claim, save and state: what the runner calls while a student works."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from placement_test.errors import CodeNeeded, SessionEnded
from placement_test.lib import clock
from placement_test.models import Result, StudentSession, Writer
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries as results
from placement_test.results.services import marking
from placement_test.saving import limits, rules
from placement_test.saving.entries import HIGHEST_BELIEVED_EPOCH
from placement_test.sessions import queries, resume_codes, tickets
from placement_test.sessions.services.tokens import owned

if TYPE_CHECKING:
    from uuid import UUID

    from placement_test.models import SessionToken
    from placement_test.saving.entries import Batch, Claim, SaveReply
    from placement_test.saving.store import Right

State = StudentSession.State
CONTACT_FIELDS = ("contact_token", "last_contact_at", "elsewhere_at")


@PerformanceMonitor.track_execution_time("sessions.begin")
@transaction.atomic
def begin(session_id: UUID, *, token: str, arrived: dt.datetime) -> SessionToken:
    """Start the clock; the first call wins, later ones change nothing: 3 queries.

    Returns the browser's right, with the session.

    :raises SessionUnknown, TokenMissing: where the browser may not
    :raises CodeNeeded: where the session went on to another browser before it was started
    """
    held = owned(session_id, token=token)
    session = held.session
    if session.state == State.REGISTERED:
        if held.superseded_at is not None:
            raise CodeNeeded
        session.state = State.OPEN
        session.started_at = arrived
        session.deadline_at = arrived + dt.timedelta(seconds=session.allotted_seconds)
        session.save(update_fields=["state", "started_at", "deadline_at"])
    return held


@transaction.atomic
def claim(session_id: UUID, claim: Claim, *, token: str, arrived: dt.datetime | None = None) -> int:
    """Return the epoch under which this writer writes: 3-4 queries.

    The same writer always gets the same epoch; a new one gets a higher one than any before.

    :raises CodeNeeded: where the session went on to another browser
    :raises SessionEnded: where the session is over
    :raises TooManySaves: beyond the bounds of one session
    """
    at = arrived or clock.now()
    held = owned(session_id, token=token, writer=claim.writer)
    session = held.session
    if held.superseded_at is not None:
        raise CodeNeeded
    limits.count_call(session, at)
    epoch: int | None = held.writer_epoch  # type: ignore[attr-defined]
    # 0: it handed entries in while it might not claim.
    if not epoch:
        if session.ended_at is not None:
            raise SessionEnded
        seen = min(claim.seen_epoch, HIGHEST_BELIEVED_EPOCH)
        epoch = rules.next_epoch(session.epoch, seen, session.registered_at, at)
        session.epoch = epoch
        session.claim_count += 1
        limits.check_total(session.id, "claims", session.claim_count, limits.MOST_CLAIMS)
        _write_claim(held, uuid.UUID(claim.writer), epoch, at)
    _note_contact(held, at)
    session.save(update_fields=["epoch", "claim_count", *CONTACT_FIELDS, *limits.CALL_FIELDS])
    return epoch


def save(session_id: UUID, batch: Batch, *, token: Right, arrived: dt.datetime) -> SaveReply:
    """Save a batch; what arrived in time but after the sweep marks the session again.

    Cost and errors as ``OptimizedQueries.batch_save_answers``.
    """
    return OptimizedQueries.batch_save_answers(
        session_id, batch, token=token, arrived=arrived, conclude=_conclude_again
    )


def state(held: SessionToken) -> dict[str, Any]:
    """Return what a browser needs to show everything again: 3 queries.

    ``resume_code`` and ``ticket`` are None for a browser that the session has left.
    """
    session = held.session
    is_superseded = held.superseded_at is not None
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
        "elsewhere_ms": elsewhere_ms(held, now),
        "ticket": tickets.issue(held),
        "resume_code": None if is_superseded else resume_codes.shown(session) or None,
    }


def elsewhere_ms(held: SessionToken, at: dt.datetime) -> int | None:
    """Return the milliseconds since another browser was heard, None where none ever was.

    What browsers send that the session has left does not count.
    """
    session = held.session
    is_last = session.contact_token_id in {None, held.pk}
    heard_at = session.elsewhere_at if is_last else session.last_contact_at
    return None if heard_at is None else max(0, int((at - heard_at).total_seconds() * 1000))


def remaining_ms(session: StudentSession, at: dt.datetime) -> int:
    """Return the milliseconds left; the whole time before the start, none gone in a pause."""
    counted = rules.clocked(at, session.paused_at)
    return rules.remaining_ms(session.deadline_at, session.allotted_seconds, counted)


def _conclude_again(session_id: UUID) -> None:
    session = results.locked(results.markable().filter(id=session_id)).get()
    if session.preview_by_id is None:
        marking.conclude(session, results.answers(session_id), cause=Result.Cause.LATE)


def _write_claim(held: SessionToken, writer: UUID, epoch: int, at: dt.datetime) -> None:
    if held.writer_epoch is None:  # type: ignore[attr-defined]
        Writer.objects.create(
            session=held.session, token=held, writer=writer, epoch=epoch, claimed_at=at
        )
    else:
        known = Writer.objects.filter(session=held.session, writer=writer)
        known.update(token=held, epoch=epoch)


def _note_contact(held: SessionToken, at: dt.datetime) -> None:
    session = held.session
    if session.contact_token_id not in {None, held.pk}:
        session.elsewhere_at = session.last_contact_at
    session.contact_token_id, session.last_contact_at = held.pk, at
