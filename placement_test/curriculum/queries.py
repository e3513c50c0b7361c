"""Reads of the curriculum and its rule sets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Prefetch

from placement_test.curriculum.rules import LevelPlace
from placement_test.lib import cache
from placement_test.models import (
    Exam,
    ExamVersion,
    Level,
    PlacementRule,
    Program,
    RuleSet,
    SubProgram,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The ladder changes a few times a year; whoever changes it forgets it at once.
LADDER_CACHE_SECONDS = 300
LADDER = cache.key("ladder")


@dataclass(frozen=True, slots=True)
class ShownLevel:
    """A level on the curriculum page; ``rule_count`` rules of the rule set in force start there."""

    level: Level
    exams: list[Exam]
    has_published_exam: bool
    rule_count: int


@dataclass(frozen=True, slots=True)
class ShownSubProgram:
    """A sub-program with its levels in order of tier."""

    sub_program: SubProgram
    levels: list[ShownLevel]


@dataclass(frozen=True, slots=True)
class ShownProgram:
    """A program with its sub-programs in their order."""

    program: Program
    sub_programs: list[ShownSubProgram]


def ladder(*, including: int | None = None) -> tuple[LevelPlace, ...]:
    """Return every level in use, easiest first: 1 query, or none from the cache.

    ``including`` is the id of a level that belongs to it even when it is out of use by now: where
    a session began.
    """
    places = cache.remember(LADDER, LADDER_CACHE_SECONDS, _load_ladder)
    return tuple(place for place, is_active in places if is_active or place.id == including)


def forget_ladder() -> None:
    """Have the next reader load the ladder again; whoever changes a level calls this."""
    cache.forget(LADDER)


def levels() -> QuerySet[Level]:
    """Return all levels in order of difficulty, names loaded: 1 query."""
    return Level.objects.select_related("sub_program__program").order_by("tier")


def current_rule_set() -> RuleSet | None:
    """Return the rule set in force, or None before the first: 1 query."""
    return RuleSet.objects.order_by("-number").first()


def rule_sets() -> QuerySet[RuleSet]:
    """Return all rule sets, newest first, with ``rule_count`` and who made them: 1 query."""
    return (
        RuleSet.objects.select_related("made_by")
        .annotate(rule_count=Count("rules"))
        .order_by("-number")
    )


def rules_starting_at(level: Level) -> int:
    """Return how many rules of the rule set in force start at ``level``: 1-2 queries."""
    current = current_rule_set()
    return PlacementRule.objects.filter(rule_set=current, level=level).count() if current else 0


def tree() -> list[ShownProgram]:
    """Return the whole curriculum with the exams that serve each level: 6 queries."""
    found = _levels_by_sub_program()
    sub_programs = Prefetch("sub_programs", SubProgram.objects.order_by("position", "id"))
    return [
        ShownProgram(program, _shown_sub_programs(program, found))
        for program in Program.objects.prefetch_related(sub_programs).order_by("position", "id")
    ]


def _load_ladder() -> tuple[tuple[LevelPlace, bool], ...]:
    rows = Level.objects.order_by("tier").values_list(
        "id", "tier", "sub_program__program_id", "is_active"
    )
    return tuple((LevelPlace(*place), is_active) for *place, is_active in rows)


def _shown_sub_programs(
    program: Program, found: dict[int, list[ShownLevel]]
) -> list[ShownSubProgram]:
    return [
        ShownSubProgram(sub_program, found.get(sub_program.pk, []))
        for sub_program in program.sub_programs.all()
    ]


def _levels_by_sub_program() -> dict[int, list[ShownLevel]]:
    published = ExamVersion.objects.filter(exam=OuterRef("pk"), state=ExamVersion.State.PUBLISHED)
    exams = Exam.objects.filter(archived_at=None).annotate(is_published=Exists(published))
    rows = (
        Level.objects.select_related("sub_program__program")
        .prefetch_related(Prefetch("exams", exams, to_attr="serving"))
        .order_by("sub_program", "tier")
    )
    counts = _rule_counts()
    return {
        sub_program_id: [_shown(level, counts) for level in group]
        for sub_program_id, group in groupby(rows, key=lambda level: level.sub_program_id)
    }


def _rule_counts() -> dict[int, int]:
    rows = PlacementRule.objects.filter(rule_set=current_rule_set())
    return dict(rows.values_list("level").annotate(Count("id")))


def _shown(level: Level, rule_counts: dict[int, int]) -> ShownLevel:
    serving: list[Exam] = level.serving  # type: ignore[attr-defined]  # the prefetch above
    return ShownLevel(
        level=level,
        exams=serving,
        has_published_exam=any(exam.is_published for exam in serving),  # type: ignore[attr-defined]
        rule_count=rule_counts.get(level.pk, 0),
    )
