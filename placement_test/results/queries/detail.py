"""One session as staff see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    FilteredRelation,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, NullIf

from placement_test.lib.counting import number_of
from placement_test.models import (
    Adjustment,
    AnswerEvent,
    ConflictingEntry,
    EntryKind,
    PartKey,
    PartMark,
    Placement,
    Result,
    StudentSession,
)
from placement_test.results.queries.marking import standing_hand_marks

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.core.paginator import Page
    from django.db.models import QuerySet

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


# As str() of a member of staff.
MADE_BY = Coalesce(NullIf("made_by__display_name", Value("")), "made_by__username")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one part earned, under which key, and who gave it by hand with which note."""

    outcome: str
    points: Decimal
    correct: list[int]
    accepted: list[str]
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One part with its answer, and what that earned."""

    question: QuestionDefinition
    part: PartDefinition
    value: str | None
    mark: Mark | None


def with_current(rows: QuerySet[StudentSession]) -> QuerySet[StudentSession]:
    """Have ``rows`` come with what ``current_result`` and ``current_placement`` return."""
    return rows.annotate(
        current_result=FilteredRelation("results", condition=Q(results__is_current=True)),
        current_placement=FilteredRelation("placements", condition=Q(placements__is_current=True)),
    ).select_related(  # type: ignore[misc]  # the plugin knows no filtered relation
        "current_result", *(f"current_placement__{each}" for each in PLACEMENT_FACTS)
    )


def current_result(session: StudentSession) -> Result | None:
    """Return the result that counts, of a session that ``with_current`` has read."""
    # Django sets no attribute where there is no row.
    return getattr(session, "current_result", None)


def current_placement(session: StudentSession) -> Placement | None:
    """Return the placement that counts, with its levels and revisions, as ``current_result``."""
    return getattr(session, "current_placement", None)


def results_of(session: StudentSession) -> list[Result]:
    """Return all results, newest first, with key revision and maker: 1 query."""
    rows = Result.objects.filter(session=session).select_related("key_revision", "made_by")
    return list(rows.order_by("-id"))


def placements_of(session: StudentSession) -> list[Placement]:
    """Return all placements, newest first, with levels, rule set, cuts and maker: 1 query."""
    rows = Placement.objects.filter(session=session).select_related(*PLACEMENT_FACTS)
    return list(rows.order_by("-id"))


def answer_rows(
    exam: ExamDefinition, result: Result | None, answers: dict[int, str]
) -> list[AnswerRow]:
    """Return every part in the order of the paper: 1 query where there is a result."""
    marks = _marks(result) if result else {}
    return [
        AnswerRow(question, part, answers.get(part.id), marks.get(part.id))
        for question in exam.questions
        for part in question.parts
    ]


def entries(
    session: StudentSession, page: str | None, *, count: int
) -> tuple[Page[AnswerEvent], list[AnswerEvent]]:
    """Return a page of the ``count`` entries as they arrived, and the troubled ones: 1 query.

    Troubled are answers that were stored but not applied.  All have their decisions.
    """
    rows = AnswerEvent.objects.filter(session=session).order_by("id")
    paginator = Paginator(rows, ENTRIES_PAGE)
    paginator.count = count
    shown = paginator.get_page(page)
    start = (shown.number - 1) * ENTRIES_PAGE
    on_page = Q(pk__in=rows.values("pk")[start : start + ENTRIES_PAGE])
    is_troubled = Q(kind=EntryKind.ANSWER) & ~Q(status=AnswerEvent.Status.APPLIED)
    found = list(
        rows.filter(on_page | is_troubled)
        .select_related("decision__made_by")
        .annotate(
            is_on_page=ExpressionWrapper(on_page, BooleanField()),
            is_troubled=ExpressionWrapper(is_troubled, BooleanField()),
        )
    )
    shown.object_list = [entry for entry in found if entry.is_on_page]
    return shown, [entry for entry in found if entry.is_troubled]


def conflicts(session: StudentSession) -> list[ConflictingEntry]:
    """Return entries that came twice with different content: 1 query."""
    return list(ConflictingEntry.objects.filter(session=session).order_by("id")[:MOST_CONFLICTS])


def adjustments(session: StudentSession) -> list[Adjustment]:
    """Return the time that staff gave or took, with who did: 1 query."""
    return list(Adjustment.objects.filter(session=session).select_related("made_by").order_by("id"))


def devices(session: StudentSession) -> tuple[dict[UUID, int], int]:
    """Return the number of each writer, in the order of their claims, and of entries: 1 query."""
    # Without a writer there is one row, that names none.
    rows = (
        StudentSession.objects.filter(pk=session.pk)
        .order_by("writers__claimed_at", "writers__id")
        .values_list("writers__writer", number_of(AnswerEvent.objects.filter(session=session)))
    )
    writers, counts = zip(*rows, strict=True)
    return {writer: number for number, writer in enumerate(filter(None, writers), start=1)}, counts[
        0
    ]


def _marks(result: Result) -> dict[int, Mark]:
    key = PartKey.objects.filter(revision=result.key_revision_id, part=OuterRef("part"))
    by_hand = standing_hand_marks().filter(session=result.session_id, part=OuterRef("part"))
    newest = by_hand.order_by("-id")
    rows = PartMark.objects.filter(result=result).values_list(
        "part_id",
        "outcome",
        "points",
        Subquery(key.values("correct")),
        Subquery(key.values("accepted")),
        Subquery(newest.values("note")[:1]),
        Subquery(newest.values(by=MADE_BY)[:1]),
    )
    return {
        part: Mark(outcome, points, correct or [], accepted or [], note or "", by or "")
        for part, outcome, points, correct, accepted, note, by in rows
    }
