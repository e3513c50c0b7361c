"""Reads of the curriculum and its rule sets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, FilteredRelation, OuterRef, Prefetch, Subquery

from placement_test.curriculum.rules import LevelPlace, Matrix
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


def with_matrices(rows: QuerySet[RuleSet]) -> list[tuple[RuleSet, Matrix]]:
    """Return the rule sets ``rows``, newest first, each with its rules: 1 query."""
    joined = (
        RuleSet.objects.filter(pk__in=rows.values("pk"))
        .annotate(rule=FilteredRelation("rules"))
        .select_related("made_by", "rule")  # type: ignore[misc]  # knows no filtered relation
        .order_by("-number")
    )
    found: list[tuple[RuleSet, Matrix]] = []
    for _key, group in groupby(joined, key=lambda row: row.pk):
        same = list(group)
        # Django sets no attribute for the one row of a set without rules.
        rules = [row.rule for row in same if hasattr(row, "rule")]
        cells = {(rule.grade, rule.band): rule.level_id for rule in rules}
        found.append((same[0], Matrix(tuple(same[0].boundaries), cells)))
    return found


def rule_set_in_force() -> tuple[RuleSet, Matrix] | None:
    """Return the rule set in force and its rules, or None before the first: 1 query."""
    return next(iter(with_matrices(RuleSet.objects.order_by("-number")[:1])), None)


def rule_set_before(number: int) -> tuple[RuleSet, Matrix] | None:
    """Return the rule set that was in force before ``number`` and its rules: 1 query."""
    earlier = RuleSet.objects.filter(number__lt=number).order_by("-number")
    return next(iter(with_matrices(earlier[:1])), None)


def rules_starting_at(level: Level) -> int:
    """Return how many rules of the rule set in force start at ``level``: 1-2 queries."""
    current = current_rule_set()
    return PlacementRule.objects.filter(rule_set=current, level=level).count() if current else 0


def tree() -> list[ShownProgram]:
    """Return the whole curriculum with the exams that serve each level: 4 queries."""
    levels = _levels_by_sub_program()
    rows = (
        Program.objects.annotate(part=FilteredRelation("sub_programs"))
        .select_related("part")  # type: ignore[misc]  # the plugin knows no filtered relation
        .order_by("position", "id", "part__position", "part__id")
    )
    found: dict[Program, list[ShownSubProgram]] = {}
    for program in rows:
        shown = found.setdefault(program, [])
        # Django sets no attribute for the one row of a program without sub-programs.
        if hasattr(program, "part"):
            shown.append(ShownSubProgram(program.part, levels.get(program.part.pk, [])))
    return [ShownProgram(program, sub_programs) for program, sub_programs in found.items()]


def _load_ladder() -> tuple[tuple[LevelPlace, bool], ...]:
    rows = Level.objects.order_by("tier").values_list(
        "id", "tier", "sub_program__program_id", "is_active"
    )
    return tuple((LevelPlace(*place), is_active) for *place, is_active in rows)


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
    newest = RuleSet.objects.order_by("-number").values("pk")[:1]
    rows = PlacementRule.objects.filter(rule_set=Subquery(newest))
    return dict(rows.values_list("level").annotate(Count("id")))


def _shown(level: Level, rule_counts: dict[int, int]) -> ShownLevel:
    serving: list[Exam] = level.serving  # type: ignore[attr-defined]  # the prefetch above
    return ShownLevel(
        level=level,
        exams=serving,
        has_published_exam=any(exam.is_published for exam in serving),  # type: ignore[attr-defined]
        rule_count=rule_counts.get(level.pk, 0),
    )
