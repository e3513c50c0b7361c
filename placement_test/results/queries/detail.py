"""One session as staff see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.paginator import Paginator

from placement_test.models import (
    Adjustment,
    AnswerEvent,
    ConflictingEntry,
    EntryKind,
    HandMark,
    PartKey,
    PartMark,
    Placement,
    Result,
    Writer,
)
from placement_test.results.queries.marking import standing_hand_marks

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.core.paginator import Page

    from placement_test.models import StudentSession
    from placement_test.query_optimizations import (
        ExamDefinition,
        PartDefinition,
        QuestionDefinition,
    )

# Three screens of entries; a session of 50 questions has 60-300.
ENTRIES_PAGE = 100
MOST_CONFLICTS = 50
PLACEMENT_FACTS = (
    "level__sub_program__program",
    "start_level__sub_program__program",
    "rule_set",
    "cut_set",
    "made_by",
)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One part with its answer, the key and what it earned."""

    question: QuestionDefinition
    part: PartDefinition
    value: str | None
    key: PartKey | None
    outcome: str
    points: Decimal | None
    by_hand: HandMark | None


def current_result(session: StudentSession) -> Result | None:
    """Return the result that counts: 1 query."""
    return Result.objects.filter(session=session, is_current=True).first()


def current_placement(session: StudentSession) -> Placement | None:
    """Return the placement that counts, with its levels and revisions: 1 query."""
    rows = Placement.objects.filter(session=session, is_current=True)
    return rows.select_related(*PLACEMENT_FACTS).first()


def results_of(session: StudentSession) -> list[Result]:
    """Return all results, newest first, with key revision and maker: 1 query."""
    rows = Result.objects.filter(session=session).select_related("key_revision", "made_by")
    return list(rows.order_by("-id"))


def placements_of(session: StudentSession) -> list[Placement]:
    """Return all placements, newest first, with levels, rule set, cuts and maker: 1 query."""
    rows = Placement.objects.filter(session=session).select_related(*PLACEMENT_FACTS)
    return list(rows.order_by("-id"))


def answer_rows(
    exam: ExamDefinition, result: Result | None, answers: dict[int, str], session: StudentSession
) -> list[AnswerRow]:
    """Return every part in the order of the paper: at most 3 queries."""
    keys: dict[int, PartKey] = {}
    marks: dict[int, PartMark] = {}
    by_hand: dict[int, HandMark] = {}
    if result is not None:
        keys = {row.part_id: row for row in PartKey.objects.filter(revision=result.key_revision_id)}
        marks = {row.part_id: row for row in PartMark.objects.filter(result=result)}
        by_hand = newest_hand_marks(session)
    return [
        AnswerRow(
            question=question,
            part=part,
            value=answers.get(part.id),
            key=keys.get(part.id),
            outcome=marks[part.id].outcome if part.id in marks else "",
            points=marks[part.id].points if part.id in marks else None,
            by_hand=by_hand.get(part.id),
        )
        for question in exam.questions
        for part in question.parts
    ]


def newest_hand_marks(session: StudentSession) -> dict[int, HandMark]:
    """Return the newest mark by hand of each part, with who gave it: 1 query."""
    rows = standing_hand_marks().filter(session=session).select_related("made_by").order_by("id")
    return {row.part_id: row for row in rows}


def entries(session: StudentSession, page: str | None) -> Page[AnswerEvent]:
    """Return a page of the entries as they arrived, with decisions: 2 queries."""
    rows = AnswerEvent.objects.filter(session=session).select_related("decision__made_by")
    return Paginator(rows.order_by("id"), ENTRIES_PAGE).get_page(page)


def troubled(session: StudentSession) -> list[AnswerEvent]:
    """Return the answers that were stored but not applied, with decisions: 1 query."""
    rows = AnswerEvent.objects.filter(session=session, kind=EntryKind.ANSWER).exclude(
        status=AnswerEvent.Status.APPLIED
    )
    return list(rows.select_related("decision__made_by").order_by("id"))


def conflicts(session: StudentSession) -> list[ConflictingEntry]:
    """Return entries that came twice with different content: 1 query."""
    return list(ConflictingEntry.objects.filter(session=session).order_by("id")[:MOST_CONFLICTS])


def adjustments(session: StudentSession) -> list[Adjustment]:
    """Return the time that staff gave or took, with who did: 1 query."""
    return list(Adjustment.objects.filter(session=session).select_related("made_by").order_by("id"))


def devices(session: StudentSession) -> dict[UUID, int]:
    """Return the number of each writer, in the order of their claims: 1 query."""
    rows = Writer.objects.filter(session=session).order_by("claimed_at", "id")
    return {
        writer: number
        for number, writer in enumerate(rows.values_list("writer", flat=True), start=1)
    }
