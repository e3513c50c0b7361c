"""From draft to published to archived."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Subquery, Value

from placement_test.errors import ExamArchived, VersionIncomplete
from placement_test.exams.queries import outlines
from placement_test.exams.queries.keys import current_entries
from placement_test.exams.rules.completeness import Missing, VersionFacts, missing
from placement_test.exams.services import keys
from placement_test.exams.services.locking import lock_draft, lock_exam
from placement_test.lib import audit, clock
from placement_test.models import CutSet, Exam, ExamVersion, PaperPage, Track
from placement_test.query_optimizations import OptimizedQueries

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from placement_test.models import StaffUser

State = ExamVersion.State


def what_is_missing(version: ExamVersion) -> tuple[Missing, ...]:
    """Return what the version lacks before it can be published: 6 queries."""
    sections = outlines.sections(version.pk)
    questions = [question for section in sections for question in section.questions.all()]
    entries = current_entries(version.pk)
    idle = Track.objects.filter(version=version, questions=None).order_by("position")
    counts = _counts(version)
    return missing(
        VersionFacts(
            pages=counts.pages or 0,
            pages_without_image=counts.undrawn or 0,
            questions=tuple(question.number for question in questions),
            questions_without_text=tuple(row.number for row in questions if not row.text),
            unkeyed=tuple(
                question.number
                for question in questions
                if not all(keys.is_keyed(part, entries) for part in question.parts.all())
            ),
            points=sum(
                (part.points for question in questions for part in question.parts.all()),
                Decimal(0),
            ),
            levels=counts.levels or 0,
            idle_tracks=tuple(idle.values_list("title", flat=True)),
            cuts=bool(counts.cuts),
        )
    )


class _Counts(NamedTuple):
    pages: int | None
    undrawn: int | None
    levels: int | None
    cuts: int | None


def _counts(version: ExamVersion) -> _Counts:
    pages = PaperPage.objects.filter(version=version)
    served = Exam.levels.through.objects.filter(exam=version.exam_id)
    rows = ExamVersion.objects.filter(pk=version.pk).values_list(
        _count(pages),
        _count(pages.filter(images=[])),
        _count(served),
        _count(CutSet.objects.filter(version=version)),
    )
    return _Counts(*rows.get())


def _count(rows: QuerySet[Any]) -> Subquery:
    alike = rows.order_by().annotate(one=Value(1)).values("one")
    return Subquery(alike.annotate(count=Count("pk")).values("count"))


@transaction.atomic
def publish(version: ExamVersion, actor: StaffUser | None) -> ExamVersion:
    """Open a complete draft to students; the version published before goes to the archive.

    Sessions stay on the version that they began with.

    :raises VersionFixed: if the version is no draft (any more)
    :raises VersionIncomplete: if something is missing
    :raises ExamArchived: if the exam is in the archive
    """
    draft = lock_draft(version)
    if draft.exam.archived_at:
        raise ExamArchived
    if what_is_missing(draft):
        raise VersionIncomplete
    keys.settle(draft, actor)
    earlier = list(ExamVersion.objects.filter(exam=draft.exam, state=State.PUBLISHED))
    ExamVersion.objects.filter(pk__in=[row.pk for row in earlier]).update(state=State.ARCHIVED)
    draft.state, draft.published_at, draft.published_by = State.PUBLISHED, clock.now(), actor
    draft.save(update_fields=["state", "published_at", "published_by"])
    audit.record(
        actor,
        "exam published",
        draft,
        before={"published": [row.number for row in earlier]},
        after={"published": [draft.number]},
    )
    for row in [*earlier, draft]:
        OptimizedQueries.forget_exam(row.pk)
    return draft


@transaction.atomic
def archive_exam(exam: Exam, actor: StaffUser | None) -> None:
    """Offer the exam to no more students; sessions, also running ones, keep it."""
    _set_archived(exam, actor, archived=True)


@transaction.atomic
def unarchive_exam(exam: Exam, actor: StaffUser | None) -> None:
    """Take the exam out of the archive: its published version is offered again."""
    _set_archived(exam, actor, archived=False)


def _set_archived(exam: Exam, actor: StaffUser | None, *, archived: bool) -> None:
    current = lock_exam(exam.pk)
    current.archived_at = clock.now() if archived else None
    current.save(update_fields=["archived_at"])
    audit.record(actor, "exam archived" if archived else "exam unarchived", current)
    for version_id in current.versions.values_list("pk", flat=True):
        OptimizedQueries.forget_exam(version_id)
