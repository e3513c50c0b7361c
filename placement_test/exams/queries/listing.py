"""The list of exams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)

from placement_test.lib.counting import number_of
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
    """Return the lines of these exams: 2 queries, whatever their number."""
    found = list(exams)
    prefetch_related_objects(
        found, Prefetch("levels", Level.objects.select_related("sub_program__program"))
    )
    versions: dict[int, list[ExamVersion]] = {exam.pk: [] for exam in found}
    for version in _dated(with_sessions(ExamVersion.objects.filter(exam__in=found))):
        versions[version.exam_id].append(version)
    return [_line(exam, versions[exam.pk]) for exam in found]


def with_sessions(versions: QuerySet[ExamVersion]) -> QuerySet[ExamVersion]:
    """Add ``sat``: how many students have sat each version, previews left out."""
    sessions = StudentSession.objects.filter(version=OuterRef("pk"), preview_by=None)
    return versions.annotate(sat=number_of(sessions))


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
        sessions=sum(version.__dict__["sat"] for version in versions),
        changed_at=max(moment for moment in moments if moment),
    )
