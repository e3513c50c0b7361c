"""Tickets: what a server that lost a session needs to make it again, kept by the browser.

A ticket is encrypted and bound to its session, so that nobody can read or forge one; it works only
together with the session's cookie, whose digest it names.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from placement_test.errors import TicketUnreadable
from placement_test.lib import clock

if TYPE_CHECKING:
    from placement_test.models import SessionToken, Student

# As long as the cookie that it needs.  It is also what keeps away what was deleted on purpose:
# retention deletes months after the end, so that no living ticket names such a session.
TICKET_KEPT = dt.timedelta(hours=48)
# Ours are below 1,500 characters.
MOST_CHARACTERS = 4_000
NONCE_BYTES = 12


class StudentFacts(msgspec.Struct, frozen=True):
    """Who sat down; id and moment together name one row, ``phone`` is encrypted as in the table."""

    id: int
    created_at: dt.datetime
    name: str
    birth_date: dt.date | None
    phone: str


class Ticket(msgspec.Struct, frozen=True):
    """One session as it was when the browser asked."""

    v: Literal[1]
    made_at: dt.datetime
    session: UUID
    token: str
    token_issued_at: dt.datetime
    resume_generation: int
    resume_locator: str
    version: int
    version_published_at: dt.datetime
    event: UUID
    campus: int
    student: StudentFacts | None
    grade: int
    rank_percent: Decimal
    school: int | None
    rule_set: int | None
    start_level: int | None
    consent: int | None
    consent_at: dt.datetime | None
    consent_by: str
    registered_at: dt.datetime
    started_at: dt.datetime | None
    allotted_seconds: int
    previous: UUID | None
    level_step: int


_decoder = msgspec.json.Decoder(Ticket)


def issue(held: SessionToken) -> str | None:
    """Return the ticket for the browser that holds this token: no query.

    Session, version and student come loaded with it.  None for what is never made again: a
    teacher's preview, an archived session; and for a browser that the session has left.
    """
    session = held.session
    published_at = session.version.published_at
    if session.archived_at is not None or held.superseded_at is not None or published_at is None:
        return None
    if session.event_id is None or session.campus_id is None or session.preview_by_id is not None:
        return None
    return sealed(
        Ticket(
            v=1,
            made_at=clock.now(),
            session=session.id,
            token=held.digest,
            token_issued_at=held.issued_at,
            resume_generation=session.resume_generation,
            resume_locator=session.resume_locator,
            version=session.version_id,
            version_published_at=published_at,
            event=session.event_id,
            campus=session.campus_id,
            student=_facts(session.student) if session.student else None,
            grade=session.grade,
            rank_percent=session.rank_percent,
            school=session.school_id,
            rule_set=session.rule_set_id,
            start_level=session.start_level_id,
            consent=session.consent_id,
            consent_at=session.consent_at,
            consent_by=session.consent_by,
            registered_at=session.registered_at,
            started_at=session.started_at,
            allotted_seconds=session.allotted_seconds,
            previous=session.previous_id,
            level_step=session.level_step,
        )
    )


def sealed(ticket: Ticket) -> str:
    """Return a ticket as the browser keeps it: ``key id.base64url``."""
    key = settings.KEY_RINGS["ticket"][0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    content = AESGCM(key.secret).encrypt(nonce, msgspec.json.encode(ticket), _bound(ticket.session))
    return f"{key.id}.{base64.urlsafe_b64encode(nonce + content).decode()}"


def opened(text: str, session_id: UUID) -> Ticket:
    """Return what ``sealed`` was given.

    :raises TicketUnreadable: for anything else, another session's ticket, or one that is too old
    """
    key_id, _dot, encoded = text.rpartition(".")
    secret = next((key.secret for key in settings.KEY_RINGS["ticket"] if key.id == key_id), None)
    if secret is None or len(text) > MOST_CHARACTERS:
        raise TicketUnreadable
    try:
        content = base64.b64decode(encoded.encode(), altchars=b"-_", validate=True)
        plain = AESGCM(secret).decrypt(
            content[:NONCE_BYTES], content[NONCE_BYTES:], _bound(session_id)
        )
        ticket = _decoder.decode(plain)
    except (binascii.Error, InvalidTag, ValueError, msgspec.MsgspecError) as error:
        raise TicketUnreadable from error
    if clock.now() - ticket.made_at > TICKET_KEPT:
        raise TicketUnreadable
    return ticket


def _facts(student: Student) -> StudentFacts:
    return StudentFacts(
        id=student.pk,
        created_at=student.created_at,
        name=student.name,
        birth_date=student.birth_date,
        phone=student.phone,
    )


def _bound(session_id: UUID) -> bytes:
    return str(session_id).encode()
