"""[seed] The queries that pages and the save path share: constant in number, cached on purpose."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection, transaction

from placement_test.lib import cache, transactions
from placement_test.lib.single_loader import SingleLoader
from placement_test.models import (
    ExamVersion,
    PaperPage,
    Part,
    Question,
    Section,
    StudentAnswer,
    StudentSession,
    Track,
)
from placement_test.saving import archiving, plain, rules, store

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from decimal import Decimal
    from uuid import UUID

    from placement_test.saving.entries import Batch, SaveReply

# The seed's figures.  A definition may be five minutes old because published versions never
# change; archiving forgets it at once.
EXAM_CACHE_SECONDS = 300
COMPLETED_SESSION_CACHE_SECONDS = 3600

# Of one process: shapes by version with the end of their time, versions by session.
MOST_SHAPES_KEPT = 200
MOST_VERSIONS_KEPT = 100_000
_shapes_kept: dict[int, tuple[float, rules.Shapes]] = {}
_versions_kept: dict[UUID, int] = {}


@dataclass(frozen=True, slots=True)
class PartDefinition:
    """A part; ``points`` are for marking and are not shown to students."""

    id: int
    kind: str
    label: str
    option_count: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class QuestionDefinition:
    """A question with its parts, in order."""

    id: int
    number: str
    kind: str
    label_style: str
    text: str
    page: int | None
    x: float | None
    y: float | None
    tracks: tuple[int, ...]
    parts: tuple[PartDefinition, ...]


@dataclass(frozen=True, slots=True)
class SectionDefinition:
    """A section with its questions, in order."""

    id: int
    title: str
    skill: str
    questions: tuple[QuestionDefinition, ...]


@dataclass(frozen=True, slots=True)
class PageDefinition:
    """A page of the paper: ``images`` are (width, height, stored file), smallest first."""

    id: int
    position: int
    images: tuple[tuple[int, int, str], ...]
    words_file: str


@dataclass(frozen=True, slots=True)
class TrackDefinition:
    """A listening track."""

    id: int
    title: str
    file: str
    content_type: str
    size: int
    duration_ms: int
    play_limit: int | None


@dataclass(frozen=True, slots=True)
class ExamDefinition:
    """An exam version as sitting, saving and marking need it.  It never carries the key."""

    version_id: int
    exam_id: int
    number: int
    title: str
    state: str
    allotted_seconds: int
    sections: tuple[SectionDefinition, ...]
    pages: tuple[PageDefinition, ...]
    tracks: tuple[TrackDefinition, ...]
    parts: dict[int, PartDefinition] = field(repr=False)
    """Every part by id, in the order of the paper."""

    @property
    def questions(self) -> list[QuestionDefinition]:
        """All questions, in the order of the paper."""
        return [question for section in self.sections for question in section.questions]

    def shapes(self) -> rules.Shapes:
        """Return what saving checks entries against."""
        return rules.Shapes(
            {part.id: (part.kind, part.option_count) for part in self.parts.values()},
            frozenset(question.id for question in self.questions),
            frozenset(track.id for track in self.tracks),
        )


@dataclass(frozen=True, slots=True)
class SessionWithAnswers:
    """A session, its exam and its current answers ``{part id: canonical JSON text}``."""

    session: StudentSession
    exam: ExamDefinition
    answers: dict[int, str]


_exams_loading: SingleLoader[ExamDefinition] = SingleLoader()


class OptimizedQueries:
    """The seed's names; used by the product's own pages, services and save path."""

    @staticmethod
    def get_exam_with_questions(exam_id: int) -> ExamDefinition:
        """Return an exam version with everything but its key: 6 queries, or none from the cache.

        ``exam_id`` is the id of an exam *version*.  Published and archived versions are cached
        for five minutes, and of threads that miss one together one loads it; drafts never are.

        :raises ExamVersion.DoesNotExist: where there is no such version
        """
        name = _exam_key(exam_id)
        found: ExamDefinition | None = cache.find(name)
        if found is None:
            found, is_own = _exams_loading.load(exam_id, lambda: _load_and_keep_exam(exam_id))
            if found.state == ExamVersion.State.DRAFT and not is_own:
                # From before this thread asked, and drafts change.
                found = _load_exam(exam_id)
        return found

    @staticmethod
    def forget_exam(exam_id: int) -> None:
        """Drop a version from the cache after the current commit."""
        cache.forget(_exam_key(exam_id))

    @staticmethod
    def get_session_with_answers(session_id: UUID) -> SessionWithAnswers:
        """Return a session with its answers: 2 queries and those of its exam.

        Submitted and expired sessions come from the cache for an hour.

        :raises StudentSession.DoesNotExist: where there is no such session
        """
        name = _session_key(session_id)
        found: SessionWithAnswers | None = cache.find(name)
        if found is None:
            session = StudentSession.objects.get(id=session_id)
            answers = StudentAnswer.objects.filter(session_id=session_id).order_by("part_id")
            exam = OptimizedQueries.get_exam_with_questions(session.version_id)
            found = SessionWithAnswers(session, exam, dict(answers.values_list("part_id", "value")))
            if session.ended_at is not None:
                cache.keep(name, found, COMPLETED_SESSION_CACHE_SECONDS)
        return found

    @staticmethod
    def forget_session(*session_ids: UUID) -> None:
        """Drop sessions from the cache after the current commit (re-marked, re-opened)."""
        cache.forget(*map(_session_key, session_ids))

    @staticmethod
    def batch_save_answers(
        session_id: UUID,
        answers: Batch,
        *,
        token: store.Right,
        arrived: dt.datetime,
        conclude: Callable[[UUID], None],
    ) -> SaveReply:
        """Write a batch of entries and return its acknowledgement: the one save path there is.

        Batches that meet in a process are committed together.  On PostgreSQL the usual one takes
        a share of one statement (and one more, the first time that a process meets its session);
        any other one, and each one on SQLite, as ``saving.store.save``.  ``conclude(session_id)``
        is called in the batch's transaction where it changed what a finished session's result
        stands on.

        :raises SessionUnknown, TokenMissing, CodeNeeded, SessionNotStarted, TooManySaves: as there
        """

        def write() -> SaveReply:
            with transaction.atomic():
                saved = store.save(
                    session_id, answers, token=token, arrived=arrived, shapes_of=_shapes
                )
                if saved.changes_result:
                    conclude(session_id)
            return saved.reply

        if isinstance(token, store.StaffAuthority):
            return write()
        if connection.vendor != "postgresql":
            return transactions.committed_together(write)
        version = _version_of(session_id)
        plain_reply = version and plain.save(
            session_id, answers, token=token, arrived=arrived, shapes=_shapes(version)
        )
        return plain_reply or write()

    @staticmethod
    def cleanup_old_sessions(days: int = 30, *, dry_run: bool = False) -> int:
        """Archive sessions that ended ``days`` ago; return how many.  No answer is deleted.

        :raises ValueError: for less than a day
        """
        return archiving.archive_ended(days, dry_run=dry_run)


def _shapes(version_id: int) -> rules.Shapes:
    """Return what saving checks entries against; this process keeps it as long as the cache does.

    Each save needs it: from a shared cache it would cost more than all else that a save does.
    """
    kept = _shapes_kept.get(version_id)
    now = time.monotonic()
    if kept is None or kept[0] < now:
        shapes = OptimizedQueries.get_exam_with_questions(version_id).shapes()
        kept = _shapes_kept[version_id] = (now + EXAM_CACHE_SECONDS, shapes)
        while len(_shapes_kept) > MOST_SHAPES_KEPT:
            _shapes_kept.pop(next(iter(_shapes_kept)), None)
    return kept[1]


def _version_of(session_id: UUID) -> int | None:
    """Return the version that a session is pinned to for ever, None where there is no such session.

    1 query, the first time that this process is asked.
    """
    version = _versions_kept.get(session_id)
    if version is None:
        sessions = StudentSession.objects.filter(id=session_id)
        version = sessions.values_list("version_id", flat=True).first()
        if version is not None:
            _versions_kept[session_id] = version
            while len(_versions_kept) > MOST_VERSIONS_KEPT:
                _versions_kept.pop(next(iter(_versions_kept)), None)
    return version


def forget_all_kept() -> None:
    """Forget what this process keeps beside the cache (another database, another test)."""
    _shapes_kept.clear()
    _versions_kept.clear()
    plain.close()


def _exam_key(version_id: int) -> str:
    return cache.key("exam", version_id)


def _session_key(session_id: UUID) -> str:
    return cache.key("session", session_id.hex)


def _load_and_keep_exam(version_id: int) -> ExamDefinition:
    found = _load_exam(version_id)
    if found.state != ExamVersion.State.DRAFT:
        cache.keep(_exam_key(version_id), found, EXAM_CACHE_SECONDS)
    return found


def _load_exam(version_id: int) -> ExamDefinition:
    version = ExamVersion.objects.select_related("exam").get(id=version_id)
    parts = _parts(version_id)
    questions = _questions(version, parts)
    sections = tuple(
        SectionDefinition(section.id, section.title, section.skill, questions.get(section.id, ()))
        for section in Section.objects.filter(version_id=version_id).order_by("position")
    )
    pages = tuple(
        PageDefinition(
            page.id,
            page.position,
            tuple((image["width"], image["height"], image["file"]) for image in page.images),
            page.words_file,
        )
        for page in PaperPage.objects.filter(version_id=version_id).order_by("position")
    )
    return ExamDefinition(
        version_id=version.id,
        exam_id=version.exam_id,
        number=version.number,
        title=version.exam.title,
        state=version.state,
        allotted_seconds=version.allotted_minutes * 60,
        sections=sections,
        pages=pages,
        tracks=_tracks(version_id),
        parts={
            part.id: part
            for section in sections
            for question in section.questions
            for part in question.parts
        },
    )


def _parts(version_id: int) -> dict[int, tuple[PartDefinition, ...]]:
    rows = Part.objects.filter(question__section__version_id=version_id).order_by(
        "question_id", "position"
    )
    return {
        question: tuple(
            PartDefinition(part.id, part.kind, part.label, part.option_count, part.points)
            for part in group
        )
        for question, group in itertools.groupby(rows, key=lambda part: part.question_id)
    }


def _questions(
    version: ExamVersion, parts: dict[int, tuple[PartDefinition, ...]]
) -> dict[int, tuple[QuestionDefinition, ...]]:
    of_section: dict[int, tuple[QuestionDefinition, ...]] = {}
    tracks: dict[int, tuple[int, ...]] = {}
    used = Track.questions.through.objects.filter(track__version=version).order_by(
        "track__position"
    )
    for question_id, track_id in used.values_list("question_id", "track_id"):
        tracks[question_id] = (*tracks.get(question_id, ()), track_id)
    rows = Question.objects.filter(section__version=version).order_by(
        "section__position", "position"
    )
    for row in rows:
        question = QuestionDefinition(
            id=row.id,
            number=row.number,
            kind=row.kind,
            label_style=row.label_style or version.label_style,
            text=row.text,
            page=row.page,
            x=row.x,
            y=row.y,
            tracks=tracks.get(row.id, ()),
            parts=parts.get(row.id, ()),
        )
        of_section[row.section_id] = (*of_section.get(row.section_id, ()), question)
    return of_section


def _tracks(version_id: int) -> tuple[TrackDefinition, ...]:
    return tuple(
        TrackDefinition(
            track.id,
            track.title,
            track.file,
            track.content_type,
            track.size,
            track.duration_ms,
            track.play_limit,
        )
        for track in Track.objects.filter(version_id=version_id).order_by("position")
    )
