"""Cuts of a version as immutable revisions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from placement_test.curriculum.rules import Cut, cut_problems
from placement_test.exams.services.locking import lock_draft
from placement_test.lib import audit, clock
from placement_test.models import CutSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement_test.models import ExamVersion, StaffUser

# What most academies use: below 40 % one level down, from 80 % one level up.
USUAL_CUTS = (Cut(Decimal(0), -1), Cut(Decimal(40), 0), Cut(Decimal(80), 1))


def current_cuts(version_id: int) -> tuple[Cut, ...]:
    """Return the newest cuts of a version, or none: 1 query."""
    stored = CutSet.objects.filter(version=version_id).order_by("-number").first()
    return (
        tuple(Cut(Decimal(str(percent)), step) for percent, step in stored.cuts) if stored else ()
    )


@transaction.atomic
def save_cuts(version: ExamVersion, cuts: Sequence[Cut], actor: StaffUser | None) -> bool:
    """Write the draft's cuts as a new revision; return whether anything changed.

    :raises VersionFixed: if the version is no draft
    :raises ValueError: if the cuts cannot be used (the form lets none of these through)
    """
    if problems := cut_problems(cuts):
        raise ValueError(", ".join(problems))
    draft = lock_draft(version)
    latest = CutSet.objects.filter(version=draft).order_by("-number").first()
    if latest and current_cuts(draft.pk) == tuple(cuts):
        return False
    stored = [[plain_percent(cut.from_percent), cut.step] for cut in cuts]
    CutSet.objects.create(
        version=draft,
        number=latest.number + 1 if latest else 1,
        cuts=stored,
        made_at=clock.now(),
        made_by=actor,
    )
    audit.record(
        actor,
        "cuts changed",
        draft,
        before={"cuts": latest.cuts if latest else None},
        after={"cuts": stored},
    )
    return True


def plain_percent(percent: Decimal) -> int | float:
    """Return a percentage as JSON holds it."""
    return int(percent) if percent == percent.to_integral_value() else float(percent)
