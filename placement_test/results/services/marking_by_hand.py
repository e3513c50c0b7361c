"""Points that a person gives for one answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from placement_test.errors import MarkedMeanwhile, NotMarkedYet, PointsOutOfRange
from placement_test.lib import audit, clock
from placement_test.models import HandMark, Part, PartMark, Result
from placement_test.results import queries
from placement_test.results.services import marking

if TYPE_CHECKING:
    from uuid import UUID

    from placement_test.models import StaffUser, StudentSession


@transaction.atomic
def mark_by_hand(
    session_id: UUID, part: Part, *, points: Decimal, note: str, seen: int, actor: StaffUser
) -> Result | None:
    """Give points for one answer; return the session's new result, or None while others wait.

    ``seen`` is the id of the newest mark by hand that the person saw, 0 for none.  7 queries, and
    those of ``marking.conclude`` where nothing waits any more.

    :raises PointsOutOfRange: below 0 or above the points of ``part``
    :raises NotMarkedYet: where the session has no result
    :raises MarkedMeanwhile: where somebody else marked the same answer since
    """
    if not Decimal(0) <= points <= part.points:
        raise PointsOutOfRange(most=part.points)
    session = queries.locked(queries.markable().filter(id=session_id)).get()
    if not session.is_marked:  # type: ignore[attr-defined]
        raise NotMarkedYet
    newest = HandMark.objects.filter(session=session, part=part).last()
    if (newest.pk if newest else 0) != seen:
        raise MarkedMeanwhile
    made = HandMark.objects.create(
        session=session, part=part, points=points, note=note, made_at=clock.now(), made_by=actor
    )
    audit.record(
        actor,
        "answer marked",
        session,
        before={"part": part.pk, "points": str(newest.points) if newest else None},
        after={"part": part.pk, "points": str(made.points)},
        reason=note,
    )
    if _waits(session):
        return None
    return marking.conclude(
        session, queries.answers(session.id), cause=Result.Cause.MARKED, actor=actor
    )


def _waits(session: StudentSession) -> bool:
    """Return whether an answer of the current result still waits for a person."""
    by_hand = HandMark.objects.filter(session=session, part_id=OuterRef("part_id"))
    return (
        PartMark.objects.filter(
            result__session=session, result__is_current=True, outcome=PartMark.Outcome.WAITING
        )
        .exclude(Exists(by_hand))
        .exists()
    )
