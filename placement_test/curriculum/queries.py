"""What placing reads of the curriculum."""

from __future__ import annotations

from placement_test.curriculum.rules import LevelPlace
from placement_test.lib import cache
from placement_test.models import Level, PlacementRule, RuleSet

# The ladder changes a few times a year; whoever changes it forgets it at once.
LADDER_CACHE_SECONDS = 300
LADDER = cache.key("ladder")


def ladder() -> tuple[LevelPlace, ...]:
    """Return every level in the order of difficulty: 1 query, or none from the cache."""
    return cache.remember(LADDER, LADDER_CACHE_SECONDS, _load)


def forget_ladder() -> None:
    """Have the next reader load the ladder again; whoever changes a level calls this."""
    cache.forget(LADDER)


def current_rule_set() -> RuleSet | None:
    """Return the rule set in force, or None before the first: 1 query."""
    return RuleSet.objects.order_by("-number").first()


def rules_starting_at(level: Level) -> int:
    """Return how many rules of the rule set in force start at ``level``: 1-2 queries."""
    current = current_rule_set()
    return PlacementRule.objects.filter(rule_set=current, level=level).count() if current else 0


def _load() -> tuple[LevelPlace, ...]:
    rows = Level.objects.order_by("tier").values_list("id", "tier", "sub_program__program_id")
    return tuple(LevelPlace(*row) for row in rows)
