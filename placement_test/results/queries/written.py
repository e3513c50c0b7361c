"""Answers that wait for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, Min, OuterRef

from placement_test.models import HandMark, PaperPage, PartMark

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.models import Part, Question, Result


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


def next_waiting(
    results: QuerySet[Result], part: Part, *, after: int = 0
) -> tuple[int, UUID | None, int]:
    """Return how many answers of ``part`` wait, and session and mark id of one: 2 queries.

    The oldest mark after ``after``, or the oldest of all where none follows.
    """
    rows = waiting(results).filter(part=part).order_by("id")
    ids = list(rows.values_list("id", flat=True))
    following = [mark for mark in ids if mark > after] or ids
    if not following:
        return 0, None, 0
    session = PartMark.objects.values_list("result__session_id", flat=True).get(pk=following[0])
    return len(ids), session, following[0]
