"""Test events and their access codes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from placement_test.academy import rules
from placement_test.errors import EventClosed, EventUnknown
from placement_test.lib import decisions
from placement_test.models import TestEvent

if TYPE_CHECKING:
    import datetime as dt

    from placement_test.models import StaffUser

RECORDED = (
    "name",
    "campus",
    "opens_at",
    "closes_at",
    "access_code",
    "expected_students",
    "is_listed",
)


def event_for_code(code: str, at: dt.datetime) -> TestEvent:
    """Return the event that ``code`` opens at ``at``, campus loaded: 1 query.

    Case, width, spaces and hyphens of the code do not matter.

    :raises EventUnknown: where no event has this code
    :raises EventClosed: where it has not begun, has ended, or its campus is not in use
    """
    plain = rules.access_code(code)
    event = (
        TestEvent.objects.select_related("campus").filter(access_code=plain).first()
        if rules.is_access_code(plain)
        else None
    )
    if event is None:
        raise EventUnknown
    if not is_open(event, at) or not event.campus.is_active:
        raise EventClosed
    return event


def is_open(event: TestEvent, at: dt.datetime) -> bool:
    """Return whether ``event`` takes registrations at ``at``."""
    return event_state(event, at) == "open"


def event_state(event: TestEvent, at: dt.datetime) -> str:
    """Return "upcoming", "open" or "ended"."""
    if at < event.opens_at:
        return "upcoming"
    return "open" if event.closes_at is None or at < event.closes_at else "ended"


def fresh_code() -> str:
    """Return an access code that no event has, of letters that are not taken for others."""
    while True:
        code = "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH))
        if not TestEvent.objects.filter(access_code=code).exists():
            return code


def create_event(actor: StaffUser, event: TestEvent) -> TestEvent:
    """Make a test event; one without an access code gets a fresh one."""
    event.access_code = event.access_code or fresh_code()
    decisions.made(actor, "event created", event, fields=RECORDED)
    return event


def change_event(actor: StaffUser, event: TestEvent) -> None:
    """Save what differs in ``event``; an access code taken away is replaced by a fresh one."""
    event.access_code = event.access_code or fresh_code()
    decisions.changed(actor, "event changed", event, fields=RECORDED)
