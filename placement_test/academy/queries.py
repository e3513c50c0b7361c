"""Reads of the academy: events, schools, staff and the record of decisions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Subquery, Value, Window
from django.db.models.functions import Coalesce, NullIf, RowNumber
from django.utils import timezone

from placement_test.lib.counting import number_of
from placement_test.models import (
    AuditEntry,
    AuditHead,
    Campus,
    ConsentText,
    School,
    StaffUser,
    TestEvent,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

# More would not help a pupil who types the name of a school.
SUGGESTIONS = 300
CHAIN_FACTS = ("length", "digest", "checked_at", "checked_length", "broken_at")


def open_events(at: dt.datetime) -> QuerySet[TestEvent]:
    """Return the events that take registrations at ``at``, campus loaded: 1 query."""
    return TestEvent.objects.filter(
        Q(closes_at=None) | Q(closes_at__gt=at), opens_at__lte=at, campus__is_active=True
    ).select_related("campus")


def events_in_state(rows: QuerySet[TestEvent], state: str, at: dt.datetime) -> QuerySet[TestEvent]:
    """Narrow ``rows`` to "upcoming", "open" or "ended" events; any other word keeps all."""
    if state == "upcoming":
        return rows.filter(opens_at__gt=at)
    if state == "open":
        return rows.filter(Q(closes_at=None) | Q(closes_at__gt=at), opens_at__lte=at)
    if state == "ended":
        return rows.filter(closes_at__lte=at)
    return rows


def with_session_counts(rows: QuerySet[TestEvent]) -> QuerySet[TestEvent]:
    """Add ``session_count`` (without teachers' previews) and the campus."""
    return rows.select_related("campus").annotate(
        session_count=Count("sessions", filter=Q(sessions__preview_by=None))
    )


def schools(
    rows: QuerySet[School], *, words: str = "", stage: str = "", active: bool | None = None
) -> QuerySet[School]:
    """Narrow ``rows`` by a piece of the name, the stage and whether they are suggested."""
    if words:
        rows = rows.filter(name__icontains=words)
    if stage:
        rows = rows.filter(stage=stage)
    if active is not None:
        rows = rows.filter(is_active=active)
    return rows.select_related("campus")


def suggested_schools(campus: Campus) -> list[str]:
    """Return names to suggest at registration on ``campus``: 1 query."""
    names = School.objects.filter(campus=campus, is_active=True).values_list("name", flat=True)
    return list(names[:SUGGESTIONS])


def staff(*, words: str = "", role: str = "", active: bool | None = None) -> QuerySet[StaffUser]:
    """Return members of staff by a piece of their name, role and whether they may log in."""
    rows = StaffUser.objects.prefetch_related("campuses")
    if words:
        rows = rows.filter(Q(display_name__icontains=words) | Q(username__icontains=words))
    if role:
        rows = rows.filter(role=role)
    if active is not None:
        rows = rows.filter(is_active=active)
    return rows


def current_consent() -> ConsentText | None:
    """Return the newest consent text, or None before the first: 1 query."""
    return ConsentText.objects.order_by("-number").first()


def audit_choices() -> tuple[list[str], dict[int, str]]:
    """Return the actions that the record knows, and all staff by id, each in order: 1 query."""
    place = Window(RowNumber(), order_by="display_name")
    # As str() of a member of staff.
    name = Coalesce(NullIf("display_name", Value("")), "username")
    people = StaffUser.objects.order_by().values_list(Value(""), place, "pk", name)
    actions = AuditEntry.objects.order_by().distinct()
    rows = people.union(actions.values_list("action", Value(0), Value(0), Value("")), all=True)
    found = sorted(rows)
    return (
        [action for action, *_person in found if action],
        {person: name for action, _place, person, name in found if not action},
    )


def chain_end_and_number(user: StaffUser, rows: QuerySet[AuditEntry]) -> tuple[AuditHead, int]:
    """Return the end of the chain of decisions, and how many ``rows`` there are: 1 query."""
    head = AuditHead.objects.filter(id=1)
    columns = [Subquery(head.values(name)) for name in CHAIN_FACTS]
    number, *facts = StaffUser.objects.values_list(number_of(rows), *columns).get(pk=user.pk)
    known = zip(CHAIN_FACTS, facts, strict=True)
    return AuditHead(**{name: fact for name, fact in known if fact is not None}), number


def audit_entries(
    *,
    action: str = "",
    actor: int | None = None,
    from_date: dt.date | None = None,
    to_date: dt.date | None = None,
) -> QuerySet[AuditEntry]:
    """Return recorded decisions, newest first; dates are days of the active time zone."""
    rows = AuditEntry.objects.select_related("actor").order_by("-id")
    if action:
        rows = rows.filter(action=action)
    if actor:
        rows = rows.filter(actor=actor)
    if from_date:
        rows = rows.filter(at__gte=_midnight(from_date))
    if to_date:
        rows = rows.filter(at__lt=_midnight(to_date + dt.timedelta(days=1)))
    return rows


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
