"""Which students a member of staff may see; any other answers 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404

from placement_test.lib.access import campuses
from placement_test.models import Student

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from placement_test.models import StaffUser


def students(user: StaffUser) -> QuerySet[Student]:
    """Return the students of the campuses of ``user``."""
    return Student.objects.filter(campus__in=campuses(user))


def student(user: StaffUser, student_id: int) -> Student:
    """Return one of them with the campus: 1 query."""
    return get_object_or_404(students(user).select_related("campus"), pk=student_id)
