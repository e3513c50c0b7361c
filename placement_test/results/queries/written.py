"""Answers that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Subquery

from placement_test.models import HandMark, PaperPage, PartKey, PartMark, StudentAnswer

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.models import Part, Question, Result


@dataclass(frozen=True, slots=True)
class Next:
    """The answer that is marked next, the newest key of its part, and how many wait with it."""

    count: int
    mark_id: int
    session_id: UUID
    value: str | None
    correct: list[int]
    accepted: list[str]


def waiting(results: QuerySet[Result]) -> QuerySet[PartMark]:
    """Return the marks of ``results`` that wait and that nobody has given points for yet."""
    by_hand = HandMark.objects.filter(
        session_id=OuterRef("result__session_id"), part_id=OuterRef("part_id")
    )
    return PartMark.objects.filter(
        ~Exists(by_hand), outcome=PartMark.Outcome.WAITING, result__in=results.filter(waiting__gt=0)
    )


def queue(results: QuerySet[Result]) -> list[dict[str, object]]:
    """Return each part with answers waiting, by exam and paper order: 1 query.

    Keys: exam, exam_version, section, number, label, kind, part_id, count, oldest_at.
    """
    return list(
        waiting(results)
        .values(
            "part_id",
            exam=F("part__question__section__version__exam__title"),
            exam_version=F("part__question__section__version__number"),
            section=F("part__question__section__title"),
            number=F("part__question__number"),
            label=F("part__label"),
            kind=F("part__kind"),
        )
        .annotate(count=Count("id"), oldest_at=Min("result__session__ended_at"))
        .order_by(
            "exam",
            "exam_version",
            "part__question__section__position",
            "part__question__position",
            "part__position",
        )
    )


def page_of(question: Question) -> PaperPage | None:
    """Return the page of the paper on which a question stands, where that is known: 1 query."""
    if question.page is None:
        return None
    pages = PaperPage.objects.filter(version=question.section.version_id)
    return pages.filter(position=question.page).first()


def next_waiting(results: QuerySet[Result], part: Part, *, after: int = 0) -> Next | None:
    """Return the answer of ``part`` to mark now, None where none waits: 2 queries.

    The oldest mark after ``after``, or the oldest of all where none follows.
    """
    found = (
        waiting(results)
        .filter(part=part)
        .aggregate(count=Count("id"), oldest=Min("id"), following=Min("id", filter=Q(id__gt=after)))
    )
    mark_id = found["following"] or found["oldest"]
    if mark_id is None:
        return None
    answer = StudentAnswer.objects.filter(session=OuterRef("result__session"), part=part)
    key = PartKey.objects.filter(part=part).order_by("-revision__number")
    row = PartMark.objects.values_list(
        "result__session_id",
        Subquery(answer.values("value")),
        Subquery(key.values("correct")[:1]),
        Subquery(key.values("accepted")[:1]),
    )
    session_id, value, correct, accepted = row.get(pk=mark_id)
    return Next(found["count"], mark_id, session_id, value, correct or [], accepted or [])
