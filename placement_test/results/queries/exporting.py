"""Sessions for a sheet, in chunks of a constant number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, FilteredRelation, Q, Sum

from placement_test.models import PartMark, StudentSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

# Two queries each: 100,000 sessions take 400, and no more than this stands in memory.
CHUNK_SESSIONS = 500


def ids(rows: QuerySet[StudentSession]) -> list[UUID]:
    """Return the ids of ``rows`` in their order: 1 query."""
    return list(rows.values_list("pk", flat=True))


def chunks(session_ids: list[UUID]) -> Iterator[list[tuple[StudentSession, dict[str, Decimal]]]]:
    """Return the sessions in their order with the points of each skill: 2 queries a chunk.

    Annotations as ``listing.shown``.
    """
    for at in range(0, len(session_ids), CHUNK_SESSIONS):
        wanted = session_ids[at : at + CHUNK_SESSIONS]
        found = _rows().in_bulk(wanted)
        skills = _skills(wanted)
        # A session that was deleted meanwhile is left out.
        yield [
            (found[session_id], skills.get(session_id, {}))
            for session_id in wanted
            if session_id in found
        ]


def _rows() -> QuerySet[StudentSession]:
    placement = "current_placement"
    return StudentSession.objects.select_related(
        "student",
        "version__exam",
        "event",
        "campus",
        "school",
        "start_level__sub_program__program",
    ).annotate(
        current_result=FilteredRelation("results", condition=Q(results__is_current=True)),
        current_placement=FilteredRelation("placements", condition=Q(placements__is_current=True)),
        result_score=F("current_result__score"),
        result_max=F("current_result__max_score"),
        result_percent=F("current_result__percent"),
        level_number=F(f"{placement}__level__number"),
        level_sub_program=F(f"{placement}__level__sub_program__name"),
        level_program=F(f"{placement}__level__sub_program__program__name"),
    )


def _skills(session_ids: list[UUID]) -> dict[UUID, dict[str, Decimal]]:
    rows = (
        PartMark.objects.filter(result__session__in=session_ids, result__is_current=True)
        .order_by()
        .values_list("result__session_id", "part__question__section__skill")
        .annotate(earned=Sum("points"))
    )
    found: dict[UUID, dict[str, Decimal]] = {}
    for session_id, skill, earned in rows:
        found.setdefault(session_id, {})[skill] = earned
    return found
