"""From draft to published to archived."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from placement_test.errors import ExamArchived, VersionIncomplete
from placement_test.exams.queries import outlines
from placement_test.exams.queries.keys import current_entries
from placement_test.exams.rules.completeness import Missing, VersionFacts, missing
from placement_test.exams.services import keys
from placement_test.exams.services.locking import lock_draft, lock_exam
from placement_test.lib import audit, clock
from placement_test.lib.counting import number_of
from placement_test.models import CutSet, Exam, ExamVersion, PaperPage
from placement_test.query_optimizations import OptimizedQueries

if TYPE_CHECKING:
    from placement_test.models import StaffUser

State = ExamVersion.State


def what_is_missing(version: ExamVersion) -> tuple[Missing, ...]:
    """Return what the version lacks before it can be published: 3 queries."""
    questions = outlines.questions(version.pk)
    entries = current_entries(version.pk)
    counts, idle_tracks = _counts_and_idle_tracks(version)
    return missing(
        VersionFacts(
            pages=counts.pages,
            pages_without_image=counts.undrawn,
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
            levels=counts.levels,
            idle_tracks=idle_tracks,
            cuts=bool(counts.cuts),
        )
    )


class _Counts(NamedTuple):
    pages: int
    undrawn: int
    levels: int
    cuts: int


def _counts_and_idle_tracks(version: ExamVersion) -> tuple[_Counts, tuple[str, ...]]:
    """Return the counts, and the titles of tracks that serve no question: 1 query."""
    pages = PaperPage.objects.filter(version=version)
    # A row for each question of each track; without tracks one that names none.
    rows = (
        ExamVersion.objects.filter(pk=version.pk)
        .order_by("tracks__position")
        .values_list(
            "tracks__title",
            "tracks__questions",
            number_of(pages),
            number_of(pages.filter(images=[])),
            number_of(Exam.levels.through.objects.filter(exam=version.exam_id)),
            number_of(CutSet.objects.filter(version=version)),
        )
    )
    counts = _Counts(0, 0, 0, 0)
    idle = []
    for title, question, *numbers in rows:
        counts = _Counts(*numbers)
        if title is not None and question is None:
            idle.append(title)
    return counts, tuple(idle)


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
