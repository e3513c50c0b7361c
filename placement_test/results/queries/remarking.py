"""Sessions that a corrected key concerns, in batches of a constant number of queries."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from placement_test.models import Placement, Result, StudentAnswer, StudentSession
from placement_test.results.queries.marking import markable, standing_hand_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.models import KeyRevision


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Standing:
    """A marked session with all that marking it again needs.

    ``session`` has the annotations of ``markable``.
    """

    session: StudentSession
    score: Decimal
    level_id: int | None
    is_overruled: bool
    answers: dict[int, str]
    hand_marks: dict[int, Decimal]


def pending(revision: KeyRevision) -> QuerySet[StudentSession]:
    """Return the ended sessions of the version whose result stands on another revision."""
    others = Result.objects.filter(session_id=OuterRef("id"), is_current=True).exclude(
        key_revision=revision
    )
    return StudentSession.objects.filter(
        Exists(others), version_id=revision.version_id, preview_by=None
    )


def pending_ids(revision: KeyRevision) -> list[UUID]:
    """Return the ids of ``pending``, in a fixed order: 1 query."""
    return list(pending(revision).order_by("id").values_list("id", flat=True))


def batches(revision: KeyRevision, size: int) -> Iterator[list[Standing]]:
    """Return ``pending`` in batches: 1 query, and 3 for each batch."""
    ids = pending_ids(revision)
    for start in range(0, len(ids), size):
        yield _standings(ids[start : start + size])


def _standings(ids: list[UUID]) -> list[Standing]:
    sessions = (
        markable()
        .filter(id__in=ids)
        .annotate(
            result=FilteredRelation("results", condition=Q(results__is_current=True)),
            placement=FilteredRelation("placements", condition=Q(placements__is_current=True)),
            score=F("result__score"),
            level_id=F("placement__level"),
            origin=F("placement__origin"),
        )
        .order_by("id")
    )
    answers = _by_session(
        StudentAnswer.objects.filter(session__in=ids)
        .order_by("session_id")
        .values_list("session_id", "part_id", "value")
    )
    by_hand = _by_session(
        standing_hand_marks()
        .filter(session__in=ids)
        .order_by("session_id", "id")
        .values_list("session_id", "part_id", "points")
    )
    return [
        Standing(
            session=session,
            score=session.score,
            level_id=session.level_id,
            is_overruled=session.origin == Placement.Origin.OVERRULE,
            answers=answers.get(session.id, {}),
            hand_marks=by_hand.get(session.id, {}),
        )
        for session in sessions
    ]


def _by_session(rows: Iterable[tuple[UUID, int, V]]) -> dict[UUID, dict[int, V]]:
    grouped = itertools.groupby(rows, key=lambda row: row[0])
    return {session: {part: value for _, part, value in group} for session, group in grouped}
