"""New revisions of the placement rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from placement_test.curriculum import queries, rules
from placement_test.curriculum.editing import NO_RULES
from placement_test.curriculum.services.placing import load_matrix
from placement_test.errors import ChangedMeanwhile, NothingChanged
from placement_test.lib import audit, clock
from placement_test.models import PlacementRule, RuleSet

if TYPE_CHECKING:
    from placement_test.curriculum.rules import Matrix
    from placement_test.models import StaffUser


def save_rule_set(actor: StaffUser, *, base: int, matrix: Matrix, note: str = "") -> RuleSet:
    """Make ``matrix`` the next rule set, whole, in one transaction; earlier ones stay: 7 queries.

    ``base`` is the number of the rule set that was edited, 0 for none.  Holes and disorder are
    the director's to decide; levels and boundaries are checked by the form.

    :raises ChangedMeanwhile: where ``base`` is not in force any more
    :raises NothingChanged: where every student would start as before
    """
    current = queries.current_rule_set()
    if (current.number if current else 0) != base:
        raise ChangedMeanwhile
    before = load_matrix(current) if current else NO_RULES
    differing = rules.changes(before, matrix)
    if not differing and before.boundaries == matrix.boundaries:
        raise NothingChanged
    made = RuleSet(
        number=base + 1,
        boundaries=list(matrix.boundaries),
        note=note,
        made_at=clock.now(),
        made_by=actor,
    )
    try:
        with transaction.atomic():
            made.save()
            _write(made, matrix)
            _record(actor, made, base, differing)
    except IntegrityError as error:  # the number is taken since it was looked up
        raise ChangedMeanwhile from error
    return made


def _write(rule_set: RuleSet, matrix: Matrix) -> None:
    PlacementRule.objects.bulk_create(
        PlacementRule(rule_set=rule_set, grade=grade, band=band, level_id=level_id)
        for (grade, band), level_id in sorted(matrix.cells.items())
    )


def _record(actor: StaffUser, made: RuleSet, base: int, differing: list[rules.CellChange]) -> None:
    audit.record(
        actor,
        "rule set made",
        made,
        before={"number": base},
        after={
            "number": made.number,
            "changes": [
                [change.grade, change.from_percent, change.to_percent, change.before, change.after]
                for change in differing
            ],
        },
        reason=made.note,
    )
