"""The rule set in force and where it lets a student start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_test.curriculum import queries, rules
from placement_test.curriculum.rules import Matrix
from placement_test.errors import NoRuleForStudent
from placement_test.models import PlacementRule, RuleSet

if TYPE_CHECKING:
    from decimal import Decimal

    from placement_test.models import Level


def current_rule_set() -> RuleSet | None:
    """Return the rule set in force, or None before the first: 1 query."""
    return queries.current_rule_set()


def load_matrix(rule_set: RuleSet) -> Matrix:
    """Return the rules of ``rule_set`` as a matrix of level ids: 1 query."""
    cells = {
        (grade, band): level_id
        for grade, band, level_id in PlacementRule.objects.filter(rule_set=rule_set).values_list(
            "grade", "band", "level"
        )
    }
    return Matrix(tuple(rule_set.boundaries), cells)


def start_for(grade: int, rank_percent: Decimal) -> tuple[RuleSet, Level]:
    """Return the rule set in force and the level at which it lets a student start: 2 queries.

    The level has its sub-program and program loaded.

    :raises NoRuleForStudent: where no rule covers the grade and rank
    :raises ValueError: where the rank is not within 0 and 100
    """
    rule_set = current_rule_set()
    if rule_set is None:
        raise NoRuleForStudent
    rule = (
        PlacementRule.objects.select_related("level__sub_program__program")
        .filter(
            rule_set=rule_set, grade=grade, band=rules.band_of(rank_percent, rule_set.boundaries)
        )
        .first()
    )
    if rule is None:
        raise NoRuleForStudent
    return rule_set, rule.level
