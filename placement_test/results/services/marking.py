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
from placement_test.lib import clock
from placement_test.models import PartMark, Placement, Result
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    is_first = (
        cause == Result.Cause.ENDED and session.reopened_at is None and not session.is_marked  # type: ignore[attr-defined]
    )
    by_hand = {} if is_first else queries.hand_marks(session.id)
    marked = sheet(exam, answers, hand_marks=by_hand)
    if not is_first:
        Result.objects.filter(session=session, is_current=True).update(is_current=False)
    result = Result.objects.create(
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
    PartMark.objects.bulk_create(
        PartMark(result=result, part_id=part_id, points=each.points, outcome=each.outcome)
        for part_id, each in marked.marks.items()
    )
    place_by_rules(session, result, is_first=is_first, actor=actor)
    OptimizedQueries.forget_session(session.id)
    return result


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
    cuts = session.cuts or [[0, 0]]  # type: ignore[attr-defined]
    if not is_first:
        current = Placement.objects.filter(session=session, is_current=True)
        if current.filter(origin=Placement.Origin.OVERRULE).exists():
            return None
        current.update(is_current=False)
    if result.waiting or session.start_level_id is None:
        return None
    ladder = curriculum.ladder(including=session.start_level_id)
    start = next(level for level in ladder if level.id == session.start_level_id)
    steps = tuple(Cut(Decimal(str(at)), step) for at, step in cuts)
    outcome = place(start, result.percent, steps, ladder)
    return Placement.objects.create(
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
