"""The level by decision of staff instead of by rule, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.errors import NotMarkedYet, NotOverruled, ReasonMissing
from placement_test.lib import audit, clock
from placement_test.models import Placement, Result
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import queries
from placement_test.results.services import marking

if TYPE_CHECKING:
    from uuid import UUID

    from placement_test.models import Level, StaffUser, StudentSession

OVERRULE = Placement.Origin.OVERRULE


@transaction.atomic
def overrule(session_id: UUID, *, level: Level, reason: str, actor: StaffUser) -> Placement:
    """Place the student of an ended session by decision; earlier placements stay: 6 queries.

    New results leave this placement alone until it is withdrawn.

    :raises ReasonMissing: without a reason
    :raises NotMarkedYet: where the session has no result
    """
    session, result = _ended(session_id, reason)
    before = _set_aside(session)
    placement = Placement.objects.create(
        session=session,
        result=result,
        origin=OVERRULE,
        level=level,
        start_level_id=session.start_level_id or level.pk,
        rule_set_id=session.rule_set_id,
        cut_set_id=session.cut_set_id,  # type: ignore[attr-defined]
        reasons={"percent": str(result.percent)},
        reason=reason,
        made_at=clock.now(),
        made_by=actor,
    )
    _record(actor, "level overruled", session, before, placement, reason)
    return placement


@transaction.atomic
def withdraw(session_id: UUID, *, reason: str, actor: StaffUser) -> Placement | None:
    """Return to the level that rules and cuts give: None while answers wait for marking.

    :raises ReasonMissing: without a reason
    :raises NotMarkedYet: where the session has no result
    :raises NotOverruled: where the level stands by the rules
    """
    session, result = _ended(session_id, reason)
    if not Placement.objects.filter(session=session, is_current=True, origin=OVERRULE).exists():
        raise NotOverruled
    before = _set_aside(session)
    placement = marking.place_by_rules(session, result, actor=actor)
    _record(actor, "overruling withdrawn", session, before, placement, reason)
    return placement


def _ended(session_id: UUID, reason: str) -> tuple[StudentSession, Result]:
    if not reason.strip():
        raise ReasonMissing
    session = queries.locked(queries.markable().filter(id=session_id)).get()
    result = Result.objects.filter(session=session, is_current=True).first()
    if result is None:
        raise NotMarkedYet
    return session, result


def _set_aside(session: StudentSession) -> Placement | None:
    current = Placement.objects.filter(session=session, is_current=True).first()
    if current is not None:
        current.is_current = False
        current.save(update_fields=["is_current"])
    OptimizedQueries.forget_session(session.id)
    return current


def _record(
    actor: StaffUser,
    action: str,
    session: StudentSession,
    before: Placement | None,
    after: Placement | None,
    reason: str,
) -> None:
    audit.record(
        actor,
        action,
        session,
        before={"level": before.level_id if before else None},
        after={"level": after.level_id if after else None},
        reason=reason,
    )
