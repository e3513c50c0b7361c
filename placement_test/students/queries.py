"""Reads of students: searching, their sessions, and who may be the same person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Prefetch, Q

from placement_test.academy.rules import folded
from placement_test.lib import private
from placement_test.models import Placement, Result, StudentSession

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from placement_test.models import Student

# Fewer digits are a grade or a year, not a phone number.
LEAST_PHONE_DIGITS = 8
PHONE = re.compile(r"[\d\s()+.\-]+")
MOST_CANDIDATES = 20


def is_phone(words: str) -> bool:
    """Return whether ``words`` are a whole phone number rather than a name."""
    return bool(PHONE.fullmatch(words)) and len(private.digits(words)) >= LEAST_PHONE_DIGITS


def search(rows: QuerySet[Student], words: str) -> QuerySet[Student]:
    """Narrow ``rows`` to a piece of the name, or to a whole phone number."""
    words = folded(words)
    if not words:
        return rows
    if is_phone(words):
        return rows.filter(phone_index=private.index(words))
    return rows.filter(name__icontains=words)


def with_sessions(rows: QuerySet[Student]) -> QuerySet[Student]:
    """Add campus, ``session_count`` and ``last_session_at``, without teachers' previews."""
    real = Q(sessions__preview_by=None)
    return rows.select_related("campus").annotate(
        session_count=Count("sessions", filter=real),
        last_session_at=Max("sessions__registered_at", filter=real),
    )


def latest_levels(student_ids: Iterable[int]) -> dict[int, Placement]:
    """Return the placement of each student's latest placed session, level loaded: 1 query."""
    rows = (
        Placement.objects.filter(is_current=True, session__student__in=list(student_ids))
        .select_related("level__sub_program__program", "session")
        .order_by("session__registered_at")
    )
    return {
        placement.session.student_id: placement
        for placement in rows
        if placement.session.student_id
    }


def sittings_of(student: Student) -> QuerySet[StudentSession]:
    """Return all sessions of ``student``, newest first, with their exams: 1 query."""
    return (
        StudentSession.objects.filter(student=student, preview_by=None)
        .select_related("version__exam")
        .order_by("-registered_at")
    )


def sessions_of(student: Student) -> QuerySet[StudentSession]:
    """Return all sessions of ``student``, newest first: 3 queries.

    Each has its exam, event and school, and ``current_results`` and ``current_placements`` with at
    most one row.
    """
    placements = Placement.objects.filter(is_current=True).select_related(
        "level__sub_program__program"
    )
    return (
        sittings_of(student)
        .select_related("event", "school")
        .prefetch_related(
            Prefetch("results", Result.objects.filter(is_current=True), "current_results"),
            Prefetch("placements", placements, "current_placements"),
        )
    )


def similar(rows: QuerySet[Student], student: Student) -> QuerySet[Student]:
    """Return others of the same campus with the same name, birth date or phone."""
    alike = Q(name=student.name)
    if student.birth_date:
        alike |= Q(birth_date=student.birth_date)
    if student.phone_index:
        alike |= Q(phone_index=student.phone_index)
    return others(rows, student).filter(alike)


def others(rows: QuerySet[Student], student: Student) -> QuerySet[Student]:
    """Return the other students of the same campus."""
    return rows.filter(campus=student.campus_id).exclude(pk=student.pk)
