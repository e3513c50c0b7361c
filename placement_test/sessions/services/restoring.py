"""Make a session again from the ticket that its browser kept."""

from __future__ import annotations

import datetime as dt
import hmac
import logging
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Sum

from placement_test.errors import CannotRestore, RescueSessionUnknown, TokenMissing
from placement_test.lib import audit, private
from placement_test.models import (
    Adjustment,
    ConsentText,
    ExamVersion,
    Level,
    RuleSet,
    School,
    SessionToken,
    Student,
    StudentSession,
    TestEvent,
)
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from placement_test.saving.store import token_digest
from placement_test.sessions import queries, tickets
from placement_test.students import services as students

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.models import StaffUser
    from placement_test.sessions.tickets import Ticket

logger = logging.getLogger(__name__)

State = StudentSession.State


@PerformanceMonitor.track_execution_time("sessions.restore")
@transaction.atomic
def restore(session_id: UUID, ticket: str, *, token: str) -> StudentSession:
    """Bring a session to where its ticket says it was; one that is as far stays as it is.

    At most 16 queries; 3 where nothing was lost.  However many ask at once, one session is made.

    :raises TicketUnreadable: where the ticket is not one of this session
    :raises TokenMissing: where the browser does not hold the cookie that the ticket names
    :raises CannotRestore: where the exam version or the event does not exist here
    """
    known = tickets.opened(ticket, session_id)
    if not hmac.compare_digest(known.token, token_digest(token)):
        raise TokenMissing
    return _restored(known)


@transaction.atomic
def restore_from_file(
    session_id: UUID, ticket: str, *, reachable: QuerySet[StudentSession], actor: StaffUser
) -> StudentSession:
    """Do the same for the ticket in an emergency file, on the word of staff: 19 queries.

    :raises TicketUnreadable: where the ticket is not one of this session, or is too old
    :raises CannotRestore: where the exam version or the event does not exist here
    :raises RescueSessionUnknown: where the session is not among ``reachable``; nothing is kept then
    """
    session = _restored(tickets.opened(ticket, session_id))
    if not reachable.filter(id=session.id).exists():
        raise RescueSessionUnknown
    audit.record(actor, "session made again from an emergency file", session)
    return session


def _restored(known: Ticket) -> StudentSession:
    session = queries.locked_session(known.session).first() or _made_again(known)
    _bring_back_token(session, known)
    changed = [*_bring_back_code(session, known), *_bring_back_start(session, known)]
    if changed:
        session.save(update_fields=changed)
        OptimizedQueries.forget_session(session.id)
    return session


def _made_again(ticket: Ticket) -> StudentSession:
    event = TestEvent.objects.filter(id=ticket.event, campus=ticket.campus).first()
    # An id alone could by now be another version's: a restored database counts from further back.
    version = ExamVersion.objects.filter(
        id=ticket.version, published_at=ticket.version_published_at
    ).first()
    if event is None or version is None:
        logger.warning("session not restored", extra={"session": ticket.session})
        raise CannotRestore
    session = StudentSession(
        id=ticket.session,
        event=event,
        campus_id=ticket.campus,
        version=version,
        grade=ticket.grade,
        rank_percent=ticket.rank_percent,
        consent_at=ticket.consent_at,
        consent_by=ticket.consent_by,
        registered_at=ticket.registered_at,
        allotted_seconds=ticket.allotted_seconds,
        level_step=ticket.level_step,
        resume_generation=ticket.resume_generation,
        resume_locator=ticket.resume_locator,
    )
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError:
        # Another request made it between the look and here; this one waits for its end.
        made = queries.locked_session(ticket.session).first()
        if made is None:
            raise
        return made
    _add_relations(session, ticket)
    logger.warning("session made again from a ticket", extra={"session": session.id})
    return session


def _add_relations(session: StudentSession, ticket: Ticket) -> None:
    """Point to what is still there; only now, so that one of several requests makes the student."""
    if ticket.previous is not None:
        session.previous = StudentSession.objects.filter(id=ticket.previous).first()
    session.student = _student(session, ticket)
    session.school_id = _there(School.objects.all(), ticket.school)
    session.rule_set_id = _there(RuleSet.objects.all(), ticket.rule_set)
    session.start_level_id = _there(Level.objects.all(), ticket.start_level)
    session.consent_id = _there(ConsentText.objects.all(), ticket.consent)
    session.save(
        update_fields=["previous", "student", "school", "rule_set", "start_level", "consent"]
    )


def _there(rows: QuerySet[Any], row_id: int | None) -> int | None:
    return None if row_id is None else rows.filter(id=row_id).values_list("id", flat=True).first()


def _student(session: StudentSession, ticket: Ticket) -> Student | None:
    facts = ticket.student
    if facts is None:
        return None
    found = Student.objects.filter(id=facts.id, created_at=facts.created_at).first()
    if found is not None:
        return found
    if session.previous is not None:
        # An easier or harder test of the same person; where that one was erased, so is this one.
        return session.previous.student
    assert session.campus is not None  # noqa: S101 - every ticket names one
    try:
        phone = private.decrypt(facts.phone)
    except private.Unreadable:
        phone = ""
    return students.find_or_create(session.campus, facts.name, facts.birth_date, phone)


def _bring_back_token(session: StudentSession, ticket: Ticket) -> None:
    """Add the browser's token where it is lost, in its place among the others.

    Each token took the session over from those before it, so only the last one leads.
    """
    known = SessionToken.objects.filter(session=session).values_list(
        "digest", "issued_at", "superseded_at"
    )
    rows = list(known)
    if any(digest == ticket.token for digest, _issued, _superseded in rows):
        return
    own = ticket.token_issued_at
    later = [at for _digest, *moments in rows for at in moments if at is not None and at > own]
    SessionToken.objects.create(
        session=session,
        digest=ticket.token,
        issued_at=own,
        superseded_at=min(later, default=None),
    )
    if not later:
        SessionToken.objects.filter(session=session, superseded_at=None, issued_at__lt=own).update(
            superseded_at=own
        )


def _bring_back_code(session: StudentSession, ticket: Ticket) -> list[str]:
    if ticket.resume_generation <= session.resume_generation:
        return []
    session.resume_generation = ticket.resume_generation
    session.resume_locator = ticket.resume_locator
    return ["resume_generation", "resume_locator"]


def _bring_back_start(session: StudentSession, ticket: Ticket) -> list[str]:
    if session.state != State.REGISTERED or ticket.started_at is None:
        return []
    given = Adjustment.objects.filter(session=session).aggregate(seconds=Sum("seconds"))
    seconds = session.allotted_seconds + (given["seconds"] or 0)
    session.state = State.OPEN
    session.started_at = ticket.started_at
    session.deadline_at = ticket.started_at + dt.timedelta(seconds=seconds)
    return ["state", "started_at", "deadline_at"]
