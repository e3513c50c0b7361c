"""Mark a session and place its student: appended rows with the revisions that gave them."""

from __future__ import annotations

import decimal
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from placement_test.curriculum import queries as curriculum
from placement_test.curriculum.rules import Cut, place
from placement_test.grading.rules import Marked, mark
from placement_test.lib import clock, rows
from placement_test.models import PartMark, Placement, Result
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from placement_test.curriculum.rules import LevelPlace
    from placement_test.grading.rules import PartKey
    from placement_test.models import StaffUser, StudentSession
    from placement_test.query_optimizations import ExamDefinition

HUNDRED = Decimal(100)
CENT = Decimal("0.01")


class KeyNeeded(Exception):
    """The exam version has no key: publishing should have refused it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A marked answer sheet; nothing is stored yet."""

    key_revision_id: int
    marks: dict[int, Marked]
    score: Decimal
    max_score: Decimal
    percent: Decimal
    waiting: int


def sheet(
    exam: ExamDefinition,
    answers: Mapping[int, str],
    *,
    key_revision_id: int | None = None,
    hand_marks: Mapping[int, Decimal] | None = None,
) -> Sheet:
    """Mark answers ``{part id: canonical JSON}`` under a key revision (the newest): 1 query.

    :raises KeyNeeded: where the version has no such key
    """
    found, keys = (
        queries.current_key(exam.version_id, exam.parts)
        if key_revision_id is None
        else queries.key_of(key_revision_id, exam.parts)
    )
    if found is None:
        raise KeyNeeded(exam.version_id)
    return sheet_under(exam, found, keys, answers, hand_marks or {})


def sheet_under(
    exam: ExamDefinition,
    key_revision_id: int,
    keys: Mapping[int, PartKey],
    answers: Mapping[int, str],
    hand_marks: Mapping[int, Decimal],
) -> Sheet:
    """Mark answers under a key that is loaded already: no query, so that many can be marked."""
    marks = {
        part_id: mark(keys[part_id], json.loads(answers.get(part_id, "null")))
        for part_id in exam.parts
        if part_id in keys
    }
    return _summed(exam, key_revision_id, marks, hand_marks)


def _summed(
    exam: ExamDefinition,
    key_revision_id: int,
    marks: dict[int, Marked],
    hand_marks: Mapping[int, Decimal],
) -> Sheet:
    for part_id, points in hand_marks.items():
        if part_id in exam.parts:
            marks[part_id] = _by_hand(points, exam.parts[part_id].points)
    score = sum((marked.points for marked in marks.values()), Decimal(0))
    most = sum((part.points for part in exam.parts.values()), Decimal(0))
    return Sheet(
        key_revision_id=key_revision_id,
        marks=marks,
        score=score,
        max_score=most,
        percent=percent(score, most),
        waiting=sum(marked.outcome == "waiting" for marked in marks.values()),
    )


def percent(score: Decimal, most: Decimal) -> Decimal:
    """Return ``score`` in percent of ``most``, two decimals, rounded down.

    Down, so that 69.999 % never passes a cut at 70 %.
    """
    if not most:
        return Decimal(0)
    return (score * HUNDRED / most).quantize(CENT, rounding=decimal.ROUND_DOWN)


def conclude(
    session: StudentSession,
    answers: Mapping[int, str],
    *,
    cause: Result.Cause,
    actor: StaffUser | None = None,
) -> Result:
    """Append a session's result and, when nothing waits for a person, its placement.

    ``session`` comes from ``queries.markable()``, locked, inside the caller's transaction.
    Queries: key, result, marks, placement; four more where there was a result before.  The
    curriculum's ladder is cached.
    """
    exam = OptimizedQueries.get_exam_with_questions(session.version_id)
    # The annotations were read before the row lock was waited for: after the first marking they
    # may be behind, so only the first one goes by them.  What the row says is not behind.
    is_first = cause == Result.Cause.ENDED and was_never_marked(session)
    by_hand = {} if is_first else queries.hand_marks(session.id)
    marked = sheet(exam, answers, hand_marks=by_hand)
    if not is_first:
        Result.objects.filter(session=session, is_current=True).update(is_current=False)
    result = _result(session, marked, cause, actor)
    result.save(force_insert=True)
    _insert_marks([(result, marked)])
    place_by_rules(session, result, is_first=is_first, actor=actor)
    OptimizedQueries.forget_session(session.id)
    return result


def was_never_marked(session: StudentSession) -> bool:
    """Return whether a session from ``queries.markable()`` has no result yet."""
    return session.reopened_at is None and not session.is_marked  # type: ignore[attr-defined]


def conclude_first(sessions: Sequence[StudentSession]) -> None:
    """Append result and placement of many sessions that end now and ``was_never_marked``.

    As ``conclude`` does of one, inside the caller's transaction.  Queries, however many they are:
    answers, results, marks, placements, and a key for each exam version.

    :raises KeyNeeded: where one of the versions has no key; then nothing of any is stored
    """
    answers = queries.answers_of([session.id for session in sessions])
    markers: dict[int, _Marker] = {}
    marked: list[tuple[Result, Sheet]] = []
    for session in sessions:
        if session.version_id not in markers:
            markers[session.version_id] = _Marker(session.version_id)
        sheet = markers[session.version_id].sheet(answers.get(session.id, {}))
        marked.append((_result(session, sheet, Result.Cause.ENDED, None), sheet))
    Result.objects.bulk_create(result for result, _sheet in marked)
    _insert_marks(marked)
    ladders = _Ladders()
    placements = [
        _placement(session, result, ladders)
        for session, (result, _sheet) in zip(sessions, marked, strict=True)
    ]
    Placement.objects.bulk_create(filter(None, placements))
    OptimizedQueries.forget_session(*(session.id for session in sessions))


class _Marker:
    """Marks many answer sheets of one exam version: most students give one of a few answers."""

    def __init__(self, version_id: int) -> None:
        """Load exam and key: 1 query where the exam is cached."""
        self._exam = OptimizedQueries.get_exam_with_questions(version_id)
        revision_id, self._keys = queries.current_key(version_id, self._exam.parts)
        if revision_id is None:
            raise KeyNeeded(version_id)
        self._revision_id = revision_id
        self._known: dict[tuple[int, str], Marked] = {}

    def sheet(self, answers: Mapping[int, str]) -> Sheet:
        marks = {
            part_id: self._mark(part_id, answers.get(part_id, "null"))
            for part_id in self._exam.parts
            if part_id in self._keys
        }
        return _summed(self._exam, self._revision_id, marks, {})

    def _mark(self, part_id: int, answer: str) -> Marked:
        known = self._known.get((part_id, answer))
        if known is None:
            known = mark(self._keys[part_id], json.loads(answer))
            self._known[part_id, answer] = known
        return known


class _Ladders:
    """The curriculum's ladder by the level where a session began, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[LevelPlace, ...]] = {}

    def including(self, level_id: int) -> tuple[LevelPlace, ...]:
        if level_id not in self._known:
            self._known[level_id] = curriculum.ladder(including=level_id)
        return self._known[level_id]


def _result(
    session: StudentSession, marked: Sheet, cause: Result.Cause, actor: StaffUser | None
) -> Result:
    return Result(
        session=session,
        version_id=session.version_id,
        key_revision_id=marked.key_revision_id,
        cause=cause,
        score=marked.score,
        max_score=marked.max_score,
        percent=marked.percent,
        waiting=marked.waiting,
        made_at=clock.now(),
        made_by=actor,
    )


def _insert_marks(marked: Sequence[tuple[Result, Sheet]]) -> None:
    rows.insert(
        PartMark,
        ("result", "part", "points", "outcome"),
        [
            (result.pk, part_id, each.points, each.outcome)
            for result, sheet in marked
            for part_id, each in sheet.marks.items()
        ],
    )


def place_by_rules(
    session: StudentSession,
    result: Result,
    *,
    is_first: bool = False,
    actor: StaffUser | None = None,
) -> Placement | None:
    """Append the placement that rules and cuts give, or none while answers wait for marking.

    A decision by staff stays current: a new result does not undo it.  ``is_first`` says that
    there was none before and saves looking.
    """
    if not is_first:
        current = Placement.objects.filter(session=session, is_current=True)
        if current.filter(origin=Placement.Origin.OVERRULE).exists():
            return None
        current.update(is_current=False)
    placement = _placement(session, result, _Ladders(), actor=actor)
    if placement is not None:
        placement.save(force_insert=True)
    return placement


def _placement(
    session: StudentSession, result: Result, ladders: _Ladders, *, actor: StaffUser | None = None
) -> Placement | None:
    """Return the placement that rules and cuts give; it is not stored yet."""
    if result.waiting or session.start_level_id is None:
        return None
    cuts = session.cuts or [[0, 0]]  # type: ignore[attr-defined]
    ladder = ladders.including(session.start_level_id)
    start = next(level for level in ladder if level.id == session.start_level_id)
    steps = tuple(Cut(Decimal(str(at)), step) for at, step in cuts)
    outcome = place(start, result.percent, steps, ladder)
    return Placement(
        session=session,
        result=result,
        origin=Placement.Origin.RULES,
        level_id=outcome.level.id,
        start_level_id=start.id,
        rule_set_id=session.rule_set_id,
        cut_set_id=session.cut_set_id,  # type: ignore[attr-defined]
        step=outcome.step,
        reasons={
            "grade": session.grade,
            "rank_percent": str(session.rank_percent),
            "percent": str(result.percent),
            "cut": str(outcome.cut.from_percent),
            "step": outcome.step,
            "stopped_at_edge": outcome.stopped_at_edge,
        },
        made_at=clock.now(),
        made_by=actor,
    )


def _by_hand(points: Decimal, most: Decimal) -> Marked:
    given = min(max(points, Decimal(0)), most)
    if given == most:
        return Marked(points=given, outcome="correct")
    return Marked(points=given, outcome="partial" if given else "wrong")
