"""New exams and versions: made from a form, from another version, and taken away again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction

from placement_test.errors import ExamArchived, ExamInUse
from placement_test.exams.queries import keys, outlines
from placement_test.exams.services import stored_files
from placement_test.exams.services.locking import lock_draft, lock_exam
from placement_test.exams.services.previews import remove_previews
from placement_test.lib import audit, clock, files
from placement_test.models import (
    CutSet,
    Exam,
    ExamVersion,
    KeyRevision,
    PaperPage,
    Part,
    PartKey,
    Question,
    Section,
    StudentSession,
    Track,
)
from placement_test.query_optimizations import OptimizedQueries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from placement_test.exams.services.papers import CheckedPaper
    from placement_test.models import Campus, Level, StaffUser

State = ExamVersion.State
M = TypeVar("M", Section, Question, Part, PaperPage, PartKey, Track)


@dataclass(frozen=True, slots=True)
class NewExam:
    """What a new exam begins with."""

    title: str
    allotted_minutes: int
    label_style: str
    option_count: int
    levels: tuple[Level, ...] = ()
    campuses: tuple[Campus, ...] = ()


def make_version(
    new: NewExam, *, paper: CheckedPaper | None, actor: StaffUser | None
) -> ExamVersion:
    """Make an exam with a draft version 1, and its pages where there is a paper.

    The pages are drawn by ``services.render_paper``.  All or nothing: also no file is left over.
    """
    stored = files.store(paper.content, ".pdf") if paper else ""
    try:
        with transaction.atomic():
            return _insert(new, paper, stored, actor)
    except BaseException:
        stored_files.discard([stored] if stored else [])
        raise


def _insert(
    new: NewExam, paper: CheckedPaper | None, stored: str, actor: StaffUser | None
) -> ExamVersion:
    exam = Exam.objects.create(title=new.title, created_at=clock.now())
    exam.levels.set(new.levels)
    exam.campuses.set(new.campuses)
    version = ExamVersion.objects.create(
        exam=exam,
        number=1,
        allotted_minutes=new.allotted_minutes,
        label_style=new.label_style,
        option_count=new.option_count,
        paper_file=stored,
        paper_name=paper.name if paper else "",
        created_at=clock.now(),
        created_by=actor,
    )
    PaperPage.objects.bulk_create(
        PaperPage(version=version, position=number, source_page=number)
        for number in range(1, (paper.pages if paper else 0) + 1)
    )
    audit.record(actor, "exam made", exam, after={"title": exam.title})
    return version


@transaction.atomic
def change_settings(version: ExamVersion, new: NewExam, actor: StaffUser | None) -> None:
    """Change what the exam is called and whom it serves, at once; and its draft's settings.

    Where ``version`` is no draft, its own settings stay as they are.
    """
    exam = lock_exam(version.exam_id)
    before: dict[str, object] = {"title": exam.title, "levels": _ids(exam.levels.all())}
    exam.title = new.title
    exam.save(update_fields=["title"])
    exam.levels.set(new.levels)
    exam.campuses.set(new.campuses)
    ExamVersion.objects.filter(pk=version.pk, state=State.DRAFT).update(
        allotted_minutes=new.allotted_minutes,
        label_style=new.label_style,
        option_count=new.option_count,
    )
    after: dict[str, object] = {"title": new.title, "levels": _ids(new.levels)}
    audit.record(actor, "exam settings changed", exam, before=before, after=after)
    for version_id in exam.versions.values_list("pk", flat=True):
        OptimizedQueries.forget_exam(version_id)


@transaction.atomic
def make_draft(exam: Exam, actor: StaffUser | None) -> ExamVersion:
    """Return the exam's draft: the one there is, or a copy of its newest version.

    :raises ExamArchived: if the exam is in the archive
    """
    exam = lock_exam(exam.pk)
    if exam.archived_at:
        raise ExamArchived
    newest = ExamVersion.objects.filter(exam=exam).order_by("-number")
    draft = newest.filter(state=State.DRAFT).first()
    if draft:
        return draft
    source = newest.filter(state=State.PUBLISHED).first() or newest[0]
    copy = _copy(source, exam, number=newest[0].number + 1, actor=actor)
    audit.record(actor, "draft made", copy, before={"version": source.number})
    return copy


@transaction.atomic
def duplicate_exam(version: ExamVersion, title: str, actor: StaffUser | None) -> ExamVersion:
    """Return the draft of a new exam that is a copy of ``version``, with lineage kept."""
    source = lock_exam(version.exam_id)
    exam = Exam.objects.create(title=title, created_at=clock.now())
    exam.levels.set(source.levels.all())
    exam.campuses.set(source.campuses.all())
    copy = _copy(version, exam, number=1, actor=actor)
    audit.record(actor, "exam duplicated", exam, before={"exam": source.pk})
    return copy


@transaction.atomic
def delete_draft(version: ExamVersion, actor: StaffUser | None) -> bool:
    """Delete a draft; return whether its exam went with it, having no other version.

    :raises VersionFixed: if the version is no draft
    :raises ExamInUse: if a student has sat it
    """
    draft = lock_draft(version)
    if StudentSession.objects.filter(version=draft, preview_by=None).exists():
        raise ExamInUse
    remove_previews(draft)
    stored_files.drop(stored_files.names_of_version(draft))
    exam = draft.exam
    audit.record(actor, "draft deleted", draft, before={"exam": exam.pk, "number": draft.number})
    draft.delete()
    if exam.versions.exists():
        return False
    exam.delete()
    return True


def discard_new(version: ExamVersion) -> None:
    """Take a draft back that was made in this very request and turned out to be unusable."""
    with transaction.atomic():
        stored_files.drop(stored_files.names_of_version(version))
        exam = version.exam
        version.delete()
        exam.delete()


def _copy(source: ExamVersion, exam: Exam, *, number: int, actor: StaffUser | None) -> ExamVersion:
    made = ExamVersion.objects.create(
        exam=exam,
        number=number,
        allotted_minutes=source.allotted_minutes,
        label_style=source.label_style,
        option_count=source.option_count,
        paper_file=source.paper_file,
        paper_name=source.paper_name,
        created_at=clock.now(),
        created_by=actor,
    )
    PaperPage.objects.bulk_create(_fresh(page, version=made) for page in source.pages.all())
    questions, parts = _copy_questions(source, made)
    _copy_tracks(source, made, questions)
    _copy_key(source, made, parts, actor)
    _copy_cuts(source, made, actor)
    return made


def _copy_questions(
    source: ExamVersion, made: ExamVersion
) -> tuple[dict[int, Question], dict[int, Part]]:
    """Copy sections, questions and parts; return the new ones by the ids of the old."""
    questions: dict[int, Question] = {}
    parts: dict[int, Part] = {}
    for section in outlines.sections(source.pk):
        copied = _fresh(section, version=made)
        copied.save()
        for question in section.questions.all():
            # The lineage is copied with the rest: it is what a question keeps over versions.
            questions[question.pk] = _fresh(question, section=copied)
            for part in question.parts.all():
                parts[part.pk] = _fresh(part, question=questions[question.pk])
    Question.objects.bulk_create(questions.values())
    for part in parts.values():
        part.question_id = part.question.pk
    Part.objects.bulk_create(parts.values())
    return questions, parts


def _copy_tracks(source: ExamVersion, made: ExamVersion, questions: dict[int, Question]) -> None:
    tracks = list(source.tracks.all())
    copies = Track.objects.bulk_create(_fresh(track, version=made) for track in tracks)
    by_old = {track.pk: copy for track, copy in zip(tracks, copies, strict=True)}
    link = Track.questions.through
    link.objects.bulk_create(
        link(track_id=by_old[row.track_id].pk, question_id=questions[row.question_id].pk)
        for row in link.objects.filter(track__version=source)
    )


def _copy_key(
    source: ExamVersion, made: ExamVersion, parts: dict[int, Part], actor: StaffUser | None
) -> None:
    latest = keys.latest_key(source.pk)
    if latest is None:
        return
    revision = KeyRevision.objects.create(
        version=made, number=1, made_at=clock.now(), made_by=actor
    )
    PartKey.objects.bulk_create(
        _fresh(row, revision=revision, part=parts[row.part_id])
        for row in PartKey.objects.filter(revision=latest)
    )


def _copy_cuts(source: ExamVersion, made: ExamVersion, actor: StaffUser | None) -> None:
    latest = CutSet.objects.filter(version=source).order_by("-number").first()
    if latest:
        CutSet.objects.create(
            version=made, number=1, cuts=latest.cuts, made_at=clock.now(), made_by=actor
        )


def _fresh(row: M, **changes: object) -> M:
    """Return an unsaved row with the values of ``row`` but for its id and ``changes``."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in changes
    }
    return type(row)(**values, **changes)


def _ids(levels: Iterable[Level]) -> list[int]:
    return sorted(level.pk for level in levels)
