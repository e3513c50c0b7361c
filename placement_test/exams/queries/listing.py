"""The list of exams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from placement_test.models import (
    CutSet,
    Exam,
    ExamVersion,
    KeyRevision,
    Level,
    StudentSession,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

State = ExamVersion.State


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list: the exam, its versions in work and in use, and figures."""

    exam: Exam
    draft: ExamVersion | None
    published: ExamVersion | None
    levels: list[Level]
    sessions: int
    changed_at: dt.datetime


def found(exams: QuerySet[Exam], *, words: str, state: str) -> QuerySet[Exam]:
    """Return the exams whose title has ``words`` and that are in ``state``; no query yet.

    ``state`` is ``draft``, ``published``, ``archived`` or empty for all that are not archived.
    """
    if words:
        exams = exams.filter(title__icontains=words)
    if state == "archived":
        return exams.filter(archived_at__isnull=False)
    exams = exams.filter(archived_at=None)
    if state in {State.DRAFT, State.PUBLISHED}:
        versions = ExamVersion.objects.filter(exam=OuterRef("pk"), state=state)
        exams = exams.filter(Exists(versions))
    return exams


def listed(exams: Iterable[Exam]) -> list[Listed]:
    """Return the lines of these exams: 3 queries, whatever their number."""
    ids = [exam.pk for exam in exams]
    versions: dict[int, list[ExamVersion]] = {pk: [] for pk in ids}
    for version in _dated(ExamVersion.objects.filter(exam__in=ids)):
        versions[version.exam_id].append(version)
    return [_line(exam, versions[exam.pk]) for exam in _with_figures(ids)]


def _with_figures(ids: list[int]) -> QuerySet[Exam]:
    sat = (
        StudentSession.objects.filter(version__exam=OuterRef("pk"), preview_by=None)
        .order_by()
        .values("version__exam")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return (
        Exam.objects.filter(pk__in=ids)
        .annotate(sat=Coalesce(Subquery(sat), 0))
        .prefetch_related("levels__sub_program__program")
    )


def _dated(versions: QuerySet[ExamVersion]) -> QuerySet[ExamVersion]:
    newest_key = KeyRevision.objects.filter(version=OuterRef("pk")).order_by("-number")
    newest_cuts = CutSet.objects.filter(version=OuterRef("pk")).order_by("-number")
    return versions.annotate(
        key_made_at=Subquery(newest_key.values("made_at")[:1]),
        cuts_made_at=Subquery(newest_cuts.values("made_at")[:1]),
    ).order_by("number")


def _line(exam: Exam, versions: list[ExamVersion]) -> Listed:
    by_state = {version.state: version for version in versions}
    moments = [exam.created_at, exam.archived_at]
    for version in versions:
        moments += [version.created_at, version.published_at]
        moments += [version.__dict__["key_made_at"], version.__dict__["cuts_made_at"]]
    return Listed(
        exam=exam,
        draft=by_state.get(State.DRAFT),
        published=by_state.get(State.PUBLISHED),
        levels=list(exam.levels.all()),
        sessions=exam.__dict__["sat"],
        changed_at=max(moment for moment in moments if moment),
    )


def sessions_of(version_ids: Iterable[int]) -> dict[int, int]:
    """Return how many students have sat each version, previews left out: 1 query."""
    rows = (
        StudentSession.objects.filter(Q(version__in=list(version_ids)), preview_by=None)
        .order_by()
        .values_list("version")
        .annotate(count=Count("pk"))
    )
    return dict(rows)
