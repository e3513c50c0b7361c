"""Begin, claim, save and state: what the runner calls while a student works."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from placement_test.errors import CodeNeeded
from placement_test.lib import clock
from placement_test.models import Result, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries as results
from placement_test.results.services import marking
from placement_test.saving import rules, store
from placement_test.sessions import queries, resume_codes, tickets
from placement_test.sessions.services.tokens import owned

if TYPE_CHECKING:
    from uuid import UUID

    from placement_test.models import SessionToken
    from placement_test.saving.entries import Batch, Claim, SaveReply
    from placement_test.saving.store import Right

State = StudentSession.State
# What ``state`` reads of a session's relations: the ticket names them.
STATE_READS = ("version", "student")


@dataclass(frozen=True, slots=True)
class Begun:
    """A browser's right to a started session, with its ``STATE_READS``."""

    held: SessionToken
    claimed: store.Claimed | None
    """Under what the page writes, where it claimed with the start."""


@PerformanceMonitor.track_execution_time("sessions.begin")
@transaction.atomic
def begin(
    session_id: UUID, *, token: str, arrived: dt.datetime, claim: Claim | None = None
) -> Begun:
    """Start the clock; the first call wins, later ones change nothing: 3 queries.

    With ``claim`` the page that starts a session may write at once, where no page has claimed and
    nothing was entered: 4 queries.  Any other page claims as always.

    :raises SessionUnknown, TokenMissing: where the browser may not
    :raises CodeNeeded: where the session went on to another browser before it was started
    :raises TooManySaves: with ``claim``, beyond the bounds of one session
    """
    held = owned(session_id, token=token)
    session = held.session
    claimed = None
    if session.state == State.REGISTERED:
        if held.superseded_at is not None:
            raise CodeNeeded
        session.state = State.OPEN
        session.started_at = arrived
        session.deadline_at = arrived + dt.timedelta(seconds=session.allotted_seconds)
        if claim is not None:
            claimed = store.start(held, claim, arrived=arrived)
        if claimed is None:
            session.save(update_fields=["state", "started_at", "deadline_at"])
    return Begun(held, claimed)


def begun_state(begun: Begun) -> dict[str, Any]:
    """Return what ``state`` would: 2 queries, none where the session was claimed with its start."""
    if begun.claimed is None:
        return state(begun.held)
    return _stated(begun.held, through={}, stored=({}, {}, {}))


def claim(
    session_id: UUID, claim: Claim, *, token: Right, arrived: dt.datetime | None = None
) -> store.Claimed:
    """Return the epoch under which this writer writes; cost and errors as ``store.claim``."""
    return store.claim(session_id, claim, token=token, arrived=arrived or clock.now())


def save(session_id: UUID, batch: Batch, *, token: Right, arrived: dt.datetime) -> SaveReply:
    """Save a batch; what arrived in time but after the sweep marks the session again.

    Cost and errors as ``OptimizedQueries.batch_save_answers``.
    """
    return OptimizedQueries.batch_save_answers(
        session_id, batch, token=token, arrived=arrived, conclude=_conclude_again
    )


def state(held: SessionToken) -> dict[str, Any]:
    """Return what a browser needs to show everything again: 2 queries.

    ``held`` comes with ``STATE_READS``.  ``resume_code`` and ``ticket`` are None for a browser that
    the session has left.
    """
    # Before the answers: a save in between must not count as received where its answer is not in.
    through = queries.through(held.session.id)
    return _stated(held, through=through, stored=queries.stored(held.session.id))


def _stated(
    held: SessionToken,
    *,
    through: dict[str, int],
    stored: tuple[queries.Stored, queries.Stored, queries.Stored],
) -> dict[str, Any]:
    session = held.session
    is_superseded = held.superseded_at is not None
    now = clock.now()
    answers, flags, plays = stored
    return {
        "epoch": session.epoch,
        "state": session.state,
        "rev": session.rev,
        "events": session.event_count,
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
