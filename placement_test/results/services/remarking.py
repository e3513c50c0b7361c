"""Mark again after a key was corrected: first see whose score and level change, then do it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.curriculum import queries as curriculum
from placement_test.curriculum.rules import Cut, place
from placement_test.errors import KeyReplaced
from placement_test.lib import audit
from placement_test.models import KeyRevision, Placement, Result, StudentSession
from placement_test.performance_monitor import PerformanceMonitor
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries
from placement_test.results.queries import remarking as reads
from placement_test.results.services import marking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from placement_test.models import StaffUser

# Three queries each; a batch of answers (40 a session) stays under a few megabytes.
BATCH_SESSIONS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What a session had and would have; a level is None while answers wait for marking."""

    session_id: UUID
    score_before: Decimal
    score_after: Decimal
    level_before: int | None
    level_after: int | None
    is_overruled: bool

    @property
    def changes_level(self) -> bool:
        """Whether the student would stand at another level."""
        return self.level_before != self.level_after

    @property
    def changes_score(self) -> bool:
        """Whether the score would be another one."""
        return self.score_before != self.score_after


@dataclass(frozen=True, slots=True)
class Preview:
    """What re-marking would do; nothing is stored."""

    sessions: int
    changes: list[Change]

    @property
    def scores(self) -> int:
        """How many scores would change."""
        return sum(change.changes_score for change in self.changes)

    @property
    def levels(self) -> int:
        """How many levels would change."""
        return sum(change.changes_level for change in self.changes)


@dataclass(frozen=True, slots=True)
class Applied:
    """What re-marking did, and how many sessions are left for the next call."""

    sessions: int
    scores: int
    levels: int
    remaining: int


def preview(revision: KeyRevision) -> Preview:
    """Return whose score or level would change under ``revision``: 3 queries for each 500 sessions.

    Sessions that were marked under it already are left out, and so are running ones.

    :raises KeyReplaced: where it is not the newest revision
    """
    exam = OptimizedQueries.get_exam_with_questions(revision.version_id)
    found, keys = queries.current_key(revision.version_id, exam.parts)
    if found is None:
        raise marking.KeyNeeded(revision.version_id)
    if found != revision.pk:
        raise KeyReplaced
    count, changes = 0, []
    for batch in reads.batches(revision, BATCH_SESSIONS):
        for standing in batch:
            sheet = marking.sheet_under(exam, found, keys, standing.answers, standing.hand_marks)
            change = _change(standing, sheet)
            count += 1
            if change.changes_score or change.changes_level:
                changes.append(change)
    return Preview(count, changes)


@PerformanceMonitor.track_execution_time("results.remark")
def apply(revision: KeyRevision, actor: StaffUser, *, most: int | None = None) -> Applied:
    """Mark the sessions of the version again, ``most`` of them; levels by decision stay.

    Each session is a transaction of its own, and one marked under ``revision`` is passed over: a
    call that broke off is simply repeated.

    :raises KeyReplaced: where it is not the newest revision
    """
    _check_newest(revision)
    done = scores = levels = 0
    for session_id in _limited(reads.pending_ids(revision), most):
        change = _remark(session_id, revision, actor)
        if change is not None:
            done += 1
            scores += change.changes_score
            levels += change.changes_level
    if done:
        audit.record(
            actor,
            "sessions marked again",
            revision,
            after={"sessions": done, "scores": scores, "levels": levels},
            reason=revision.reason,
        )
    return Applied(done, scores, levels, reads.pending(revision).count())


@transaction.atomic
def _remark(session_id: UUID, revision: KeyRevision, actor: StaffUser) -> Change | None:
    session = queries.locked(queries.markable().filter(id=session_id)).get()
    before = Result.objects.filter(session=session, is_current=True).get()
    if before.key_revision_id == revision.pk:
        return None
    stood = _level_of(session)
    result = marking.conclude(
        session, queries.answers(session.id), cause=Result.Cause.KEY, actor=actor
    )
    stands = _level_of(session)
    return Change(session.id, before.score, result.score, stood, stands, is_overruled=False)


def _level_of(session: StudentSession) -> int | None:
    current = Placement.objects.filter(session=session, is_current=True)
    return current.values_list("level_id", flat=True).first()


def _change(standing: reads.Standing, sheet: marking.Sheet) -> Change:
    level = standing.level_id if standing.is_overruled else _placed(standing, sheet)
    return Change(
        standing.session.id,
        standing.score,
        sheet.score,
        standing.level_id,
        level,
        is_overruled=standing.is_overruled,
    )


def _placed(standing: reads.Standing, sheet: marking.Sheet) -> int | None:
    start_id = standing.session.start_level_id
    if sheet.waiting or start_id is None:
        return None
    ladder = curriculum.ladder()
    start = next(level for level in ladder if level.id == start_id)
    cuts = standing.session.cuts or [[0, 0]]  # type: ignore[attr-defined]
    steps = tuple(Cut(Decimal(str(at)), step) for at, step in cuts)
    return place(start, sheet.percent, steps, ladder).level.id


def _check_newest(revision: KeyRevision) -> None:
    newer = KeyRevision.objects.filter(version_id=revision.version_id, number__gt=revision.number)
    if newer.exists():
        raise KeyReplaced


def _limited(ids: list[UUID], most: int | None) -> Iterator[UUID]:
    yield from ids if most is None else ids[:most]
