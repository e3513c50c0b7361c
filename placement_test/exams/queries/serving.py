"""Which published versions serve a level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from placement_test.models import ExamVersion

if TYPE_CHECKING:
    from placement_test.models import Campus, Level


def published_for(level: Level, campus: Campus) -> list[ExamVersion]:
    """Return the published versions that serve ``level`` on ``campus``, oldest exam first.

    Archived exams are left out; an exam without campuses serves every campus.  1 query.
    """
    return list(
        ExamVersion.objects.filter(
            Q(exam__campuses=None) | Q(exam__campuses=campus),
            state=ExamVersion.State.PUBLISHED,
            exam__archived_at=None,
            exam__levels=level,
        )
        .select_related("exam")
        .order_by("exam_id")
    )
