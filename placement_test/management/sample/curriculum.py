"""The curriculum and the placement rules of the sample academy: data, and the rows made of it."""

from __future__ import annotations

from typing import NamedTuple

from placement_test.lib import clock
from placement_test.models import Level, PlacementRule, Program, RuleSet, SubProgram


class ProgramPlan(NamedTuple):
    """One program: the grades it serves and its sub-programs with this many levels each."""

    name: str
    first_grade: int
    last_grade: int
    sub_programs: tuple[str, ...]
    levels: int


PROGRAMS = (
    ProgramPlan("CORE", 1, 4, ("Phonics", "Sigma", "Elite", "Pro"), 3),
    ProgramPlan("ASCENT", 5, 6, ("Nova", "Drive", "Flex", "Pro"), 3),
    ProgramPlan("EDGE", 7, 9, ("Spark", "Rise", "Pursuit", "Pro"), 3),
    ProgramPlan("PINNACLE", 10, 12, ("Vision", "Endeavor", "Success", "Pro"), 2),
)

# Rank bands: top 10, 20, 30, 40, 50 %, below.
BOUNDARIES = (10, 20, 30, 40, 50)

# The tier at which the best band of each grade starts; each following band starts one lower.  No
# grade starts below its own program, and none lower than the grade before it.
TIER_OF_BEST_BAND = {
    1: 6,
    2: 8,
    3: 10,
    4: 12,
    5: 18,
    6: 24,
    7: 30,
    8: 33,
    9: 36,
    10: 42,
    11: 43,
    12: 44,
}


def starting_tiers() -> dict[tuple[int, int], int]:
    """Return the starting tier of every (grade, band): 72 cells."""
    return {
        (grade, band): best - band
        for grade, best in TIER_OF_BEST_BAND.items()
        for band in range(len(BOUNDARIES) + 1)
    }


def make_curriculum() -> list[Level]:
    """Make the programs, sub-programs and 44 levels in order of difficulty: 3 queries."""
    programs = Program.objects.bulk_create(
        Program(
            name=plan.name,
            position=position,
            first_grade=plan.first_grade,
            last_grade=plan.last_grade,
        )
        for position, plan in enumerate(PROGRAMS, start=1)
    )
    sub_programs = SubProgram.objects.bulk_create(
        SubProgram(program=program, name=name, position=position)
        for program, plan in zip(programs, PROGRAMS, strict=True)
        for position, name in enumerate(plan.sub_programs, start=1)
    )
    sizes = [plan.levels for plan in PROGRAMS for _ in plan.sub_programs]
    places = [
        (sub_program, number)
        for sub_program, size in zip(sub_programs, sizes, strict=True)
        for number in range(1, size + 1)
    ]
    return Level.objects.bulk_create(
        Level(sub_program=sub_program, number=number, tier=tier)
        for tier, (sub_program, number) in enumerate(places, start=1)
    )


def make_rule_set(levels: list[Level], *, number: int = 1) -> RuleSet:
    """Make a rule set that fills all 72 cells from ``levels`` (in order of tier): 2 queries."""
    rule_set = RuleSet.objects.create(
        number=number, boundaries=list(BOUNDARIES), made_at=clock.now()
    )
    PlacementRule.objects.bulk_create(
        PlacementRule(rule_set=rule_set, grade=grade, band=band, level=levels[tier - 1])
        for (grade, band), tier in starting_tiers().items()
    )
    return rule_set
