"""Sessions of students, without a sitting: what merging, splitting and lists need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_test.lib import clock
from placement_test.models import Exam, ExamVersion, StudentSession, TestEvent
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from placement_test.models import Campus, Student


def version() -> ExamVersion:
    """Return one exam version for all of them."""
    found = ExamVersion.objects.filter(exam__title="Nova test").first()
    if found:
        return found
    exam = Exam.objects.create(title="Nova test", created_at=clock.now())
    return ExamVersion.objects.create(exam=exam, number=1, created_at=clock.now())


def sat(student: Student) -> StudentSession:
    """Make a session of ``student``."""
    return sat_by_all([student], student.campus)[0]


def sat_by_all(students: Iterable[Student], campus: Campus) -> list[StudentSession]:
    """Make a session of each student in one event of ``campus``."""
    event = TestEvent.objects.filter(campus=campus).first() or builders.event(
        campus=campus, access_code=f"CAMPUS{campus.pk}"
    )
    exam = version()
    return StudentSession.objects.bulk_create(
        StudentSession(
            student=student,
            campus=campus,
            event=event,
            version=exam,
            grade=5,
            rank_percent=20,
            registered_at=clock.now(),
            allotted_seconds=3600,
        )
        for student in students
    )
