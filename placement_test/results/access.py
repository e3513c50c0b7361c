"""Which sessions, answers, keys and versions a member of staff may touch; any other answers 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, Subquery
from django.shortcuts import get_object_or_404

from placement_test.exams.access import exams_of
from placement_test.lib.access import SEES_EVERY_CAMPUS, campuses
from placement_test.models import (
    AnswerEvent,
    EntryKind,
    ExamVersion,
    KeyRevision,
    Part,
    Receipt,
    Result,
    StudentSession,
)

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet

    from placement_test.models import StaffUser


def sees_every_campus(user: StaffUser) -> bool:
    """Return whether no campus has to be asked for: a filter that all pass costs its index."""
    return user.is_superuser or user.role in SEES_EVERY_CAMPUS


def sessions(user: StaffUser) -> QuerySet[StudentSession]:
    """Return the sessions of the campuses of ``user``; teachers' previews are none."""
    rows = StudentSession.objects.filter(preview_by=None)
    return rows if sees_every_campus(user) else rows.filter(campus__in=campuses(user))


def session(user: StaffUser, session_id: uuid.UUID) -> StudentSession:
    """Return one of ``described_sessions``: 1 query."""
    return get_object_or_404(described_sessions(user), pk=session_id)


def described_sessions(user: StaffUser) -> QuerySet[StudentSession]:
    """Return ``sessions`` with student, exam, school, event and starting level.

    Annotated with ``has_open_entries``: answers that were kept and wait for a decision; and with
    ``check_code``, that of the newest receipt.
    """
    receipts = Receipt.objects.filter(session=OuterRef("id")).order_by("-id")
    undecided = AnswerEvent.objects.filter(
        session_id=OuterRef("id"), kind=EntryKind.ANSWER, decision=None
    ).exclude(status=AnswerEvent.Status.APPLIED)
    return (
        sessions(user)
        .annotate(
            has_open_entries=Exists(undecided),
            check_code=Subquery(receipts.values("check_code")[:1]),
        )
        .select_related(
            "student",
            "version__exam",
            "event",
            "campus",
            "school",
            "previous",
            "start_level__sub_program__program",
            "rule_set",
        )
    )


def results(user: StaffUser) -> QuerySet[Result]:
    """Return the current results of the sessions of ``user``; teachers' previews have none."""
    rows = Result.objects.filter(is_current=True)
    return rows if sees_every_campus(user) else rows.filter(session__campus__in=campuses(user))


def part(user: StaffUser, part_id: int) -> Part:
    """Return a part of an exam of ``user`` with its question, section and exam: 1 query."""
    rows = Part.objects.filter(question__section__version__in=versions(user))
    return get_object_or_404(rows.select_related("question__section__version__exam"), pk=part_id)


def versions(user: StaffUser) -> QuerySet[ExamVersion]:
    """Return the versions that ``user`` may know of.

    Those of the academy's exams and of own campuses, and those that own students have sat.
    """
    return ExamVersion.objects.filter(
        Q(exam__in=exams_of(user)) | Q(pk__in=sessions(user).values("version"))
    )


def version(user: StaffUser, version_id: int) -> ExamVersion:
    """Return one of them with its exam: 1 query."""
    return get_object_or_404(versions(user).select_related("exam"), pk=version_id)


def key_revision(user: StaffUser, revision_id: int) -> KeyRevision:
    """Return a key revision of an exam of ``user`` with its version and exam: 1 query."""
    rows = KeyRevision.objects.filter(version__exam__in=exams_of(user))
    return get_object_or_404(rows.select_related("version__exam", "made_by"), pk=revision_id)
