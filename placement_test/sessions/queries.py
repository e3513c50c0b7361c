"""What the sitting pages and calls read."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.db import connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, Q, Subquery

from placement_test.exams.rules.labels import option_label
from placement_test.lib import academy, cache
from placement_test.models import (
    Academy,
    Placement,
    Receipt,
    Result,
    SessionToken,
    StudentSession,
    Writer,
)
from placement_test.query_optimizations import EXAM_CACHE_SECONDS, OptimizedQueries
from placement_test.results import queries as results
from placement_test.saving.store import token_digest
from placement_test.sessions import replies

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.query_optimizations import (
        ExamDefinition,
        PageDefinition,
        QuestionDefinition,
        TrackDefinition,
    )
    from placement_test.saving.store import Right

# Text by hand: the ORM takes ten times as long to make it as the database to run it, and every page
# that opens asks for both.
STORED = """
SELECT 'answer', part_id, value, epoch, seq FROM placement_test_studentanswer WHERE session_id = %s
UNION ALL
SELECT kind, subject, value, epoch, seq FROM placement_test_runnerstate WHERE session_id = %s
ORDER BY 2
"""
THROUGH = "SELECT writer, through FROM placement_test_writer WHERE session_id = %s"

Stored = dict[str, tuple[int, int, msgspec.Raw]]


@dataclass(frozen=True, slots=True)
class PreparedReply:
    """A reply as bytes, plain and compressed, and the digest that its ETag is made of."""

    content: bytes
    compressed: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What student and parent may see of an ended session; by policy, hidden facts are None."""

    check_code: str
    is_waiting: bool
    level: str | None
    score: Decimal | None
    max_score: Decimal | None
    percent: Decimal | None


def locked_session(session_id: UUID) -> QuerySet[StudentSession]:
    """Return the session locked, with the annotations of ``results.queries.markable``."""
    return results.locked(results.markable().filter(id=session_id))


def right(session_id: UUID, *, token: str) -> QuerySet[SessionToken]:
    """Return a browser's right to a session, as one query; ``token`` "" is never right."""
    return SessionToken.objects.filter(session_id=session_id, digest=token_digest(token))


def locked_with_right(session_id: UUID, *, token: Right, writer: str) -> QuerySet[StudentSession]:
    """Return the session locked, and beside it what submitting must know, as one query.

    Annotations: those of ``locked_session``; ``is_own`` (the token is one of the session's),
    ``is_left`` (it is superseded), ``through`` of the writer.  They may be from before
    the wait for the lock.
    """
    held = SessionToken.objects.filter(session_id=session_id, digest=token_digest(token))
    writers = Writer.objects.filter(session_id=session_id, writer=writer)
    left = ExpressionWrapper(Q(superseded_at__isnull=False), output_field=BooleanField())
    return locked_session(session_id).annotate(
        is_own=Exists(held),
        is_left=Subquery(held.annotate(is_left=left).values("is_left")[:1]),
        through=Subquery(writers.values("through")[:1]),
    )


def stored(session_id: UUID) -> tuple[Stored, Stored, Stored]:
    """Return answers, flags and plays ``{id: (epoch, seq, value)}``: 1 query."""
    found: dict[str, Stored] = {"answer": {}, "flag": {}, "play": {}}
    with connection.cursor() as cursor:
        cursor.execute(STORED, [session_id.hex] * 2)
        for kind, subject, value, epoch, seq in cursor.fetchall():
            found[kind][str(subject)] = (epoch, seq, msgspec.Raw(value.encode()))
    return found["answer"], found["flag"], found["play"]


def through(session_id: UUID) -> dict[str, int]:
    """Return how far each writer's entries are gapless: 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(THROUGH, [session_id.hex])
        return {str(writer).replace("-", ""): seq for writer, seq in cursor.fetchall()}


def outcome(session: StudentSession) -> Outcome:
    """Return what the academy's policy shows of an ended session: at most 3 queries."""
    shown = academy.current().shown_result
    receipt = Receipt.objects.filter(session=session).order_by("-id").first()
    result = Result.objects.filter(session=session, is_current=True).first()
    placement = None
    if shown != Academy.Shown.NOTHING:
        placement = (
            Placement.objects.filter(session=session, is_current=True)
            .select_related("level__sub_program__program")
            .first()
        )
    is_waiting = result is None or result.waiting > 0
    with_score = result is not None and shown == Academy.Shown.SCORE and not is_waiting
    return Outcome(
        check_code=receipt.check_code if receipt else "",
        is_waiting=is_waiting,
        level=str(placement.level) if placement else None,
        score=result.score if result and with_score else None,
        max_score=result.max_score if result and with_score else None,
        percent=result.percent if result and with_score else None,
    )


def exam_reply(session: StudentSession) -> PreparedReply:
    """Return the session's exam as the runner's JSON: no key, no points, no file names.

    Nothing of the student either: browsers keep it.  Ready-made from the cache for five minutes,
    under the names that it shows: one that changes is another reply.  No query then, else those
    of ``OptimizedQueries.get_exam_with_questions``, once for all threads that ask meanwhile.
    """
    title, event = session.version.exam.title, session.event.name if session.event else None
    shown = hashlib.sha256(msgspec.json.encode([title, event])).hexdigest()[:16]
    return cache.remember(
        cache.key("exam-reply", session.version_id, shown),
        EXAM_CACHE_SECONDS,
        lambda: _prepared(session, title, event),
        is_fixed=True,
    )


def _prepared(session: StudentSession, title: str, event: str | None) -> PreparedReply:
    exam = exam_of(session)
    content = msgspec.json.encode(
        replies.Exam(
            version=exam.version_id,
            title=title,
            event=event,
            allotted_seconds=exam.allotted_seconds,
            pages=[_page(page) for page in exam.pages],
            sections=[
                replies.Section(
                    id=section.id,
                    title=section.title,
                    skill=section.skill,
                    questions=[_question(question) for question in section.questions],
                )
                for section in exam.sections
            ],
            tracks=[_track(track) for track in exam.tracks],
        )
    )
    digest = hashlib.sha256(content).hexdigest()[:32]
    return PreparedReply(content, gzip.compress(content, mtime=0), digest)


def exam_of(session: StudentSession) -> ExamDefinition:
    """Return the exam that the session is pinned to."""
    return OptimizedQueries.get_exam_with_questions(session.version_id)


def _page(page: PageDefinition) -> replies.Page:
    return replies.Page(
        id=page.id,
        position=page.position,
        images=[replies.Image(width, height) for width, height, _ in page.images],
        has_words=bool(page.words_file),
    )


def _question(question: QuestionDefinition) -> replies.Question:
    return replies.Question(
        id=question.id,
        number=question.number,
        kind=question.kind,
        text=question.text,
        page=question.page,
        x=question.x,
        y=question.y,
        tracks=question.tracks,
        parts=[
            replies.Part(
                id=part.id,
                kind=part.kind,
                label=part.label,
                options=[
                    option_label(question.label_style, index) for index in range(part.option_count)
                ],
            )
            for part in question.parts
        ],
    )


def _track(track: TrackDefinition) -> replies.Track:
    return replies.Track(
        id=track.id,
        title=track.title,
        content_type=track.content_type,
        size=track.size,
        duration_ms=track.duration_ms,
        play_limit=track.play_limit,
    )
