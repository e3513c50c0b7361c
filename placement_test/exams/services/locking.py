"""One change of an exam at a time, and only of what may change."""

from __future__ import annotations

from placement_test.errors import VersionFixed
from placement_test.models import Exam, ExamVersion


def lock_exam(exam_id: int) -> Exam:
    """Return the exam, held against other changes until the transaction ends: 1 query."""
    return Exam.objects.select_for_update().get(pk=exam_id)


def lock_draft(version: ExamVersion) -> ExamVersion:
    """Return ``version`` as it is now, with its exam held: 2 queries.

    :raises VersionFixed: if it is no draft (any more)
    """
    exam = lock_exam(version.exam_id)
    current = ExamVersion.objects.get(pk=version.pk)
    current.exam = exam
    if current.state != ExamVersion.State.DRAFT:
        raise VersionFixed
    return current
