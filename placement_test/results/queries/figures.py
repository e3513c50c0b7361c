"""Figures of one exam version, and the rows of an export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Avg, Count, Max, TextField, Value
from django.db.models.functions import Cast

from placement_test.models import (
    PartKey,
    PartMark,
    Result,
    StudentAnswer,
)
from placement_test.results import rules

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from placement_test.query_optimizations import (
        ExamDefinition,
        PartDefinition,
        QuestionDefinition,
    )

# Figures of more sittings do not move any more, and these take a third of a second.
MOST_SITTINGS = 2000
CHOICES = {"choice", "choices"}


@dataclass(frozen=True, slots=True)
class OptionFigure:
    """How often an option of a part was chosen, and whether the key has it."""

    index: int
    count: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class PartFigures:
    """The options of one part; empty for written ones."""

    part: PartDefinition
    options: list[OptionFigure]


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """How one question did."""

    question: QuestionDefinition
    facility: float | None
    discrimination: float | None
    blank: int
    parts: list[PartFigures]


@dataclass(frozen=True, slots=True)
class Figures:
    """How an exam version did in its newest sittings."""

    sittings: int
    is_cut: bool
    description: rules.Description | None
    bins: list[rules.Bin]
    alpha: float | None
    questions: list[QuestionFigures]


def counts(results: QuerySet[Result]) -> dict[int, dict[str, object]]:
    """Return number, mean percent and last moment of the results of each version: 1 query."""
    rows = (
        results.filter(waiting=0)
        .order_by()
        .values("version_id")
        .annotate(count=Count("id"), mean=Avg("percent"), last_at=Max("session__ended_at"))
    )
    return {row["version_id"]: row for row in rows}


def figures(exam: ExamDefinition, results: QuerySet[Result]) -> Figures:
    """Return the figures of the newest fully marked sittings: 3 queries."""
    newest = list(
        results.filter(version_id=exam.version_id, waiting=0)
        .order_by("-id")
        .values_list("id", "session_id", "percent", "key_revision_id")[: MOST_SITTINGS + 1]
    )
    is_cut, newest = len(newest) > MOST_SITTINGS, newest[:MOST_SITTINGS]
    percents = [float(percent) for _, _, percent, _ in newest]
    points, blanks = _points(exam, [row[0] for row in newest])
    totals = [sum(sitting) for sitting in zip(*points.values(), strict=True)]
    ticks, keys = _ticks([row[1] for row in newest], newest[0][3] if newest else None)
    return Figures(
        sittings=len(newest),
        is_cut=is_cut,
        description=rules.describe(percents),
        bins=rules.histogram(percents),
        alpha=rules.alpha(list(points.values())),
        questions=[
            QuestionFigures(
                question=question,
                facility=rules.facility(
                    points[question.id], float(sum(part.points for part in question.parts))
                ),
                discrimination=rules.discrimination(points[question.id], totals)
                if totals
                else None,
                blank=blanks.get(question.id, 0),
                parts=[_part(part, ticks, keys) for part in question.parts],
            )
            for question in exam.questions
        ],
    )


def _points(
    exam: ExamDefinition, result_ids: list[int]
) -> tuple[dict[int, list[float]], dict[int, int]]:
    """Return each question's points by sitting, and how often all its parts were blank."""
    question_of = {part.id: q.id for q in exam.questions for part in q.parts}
    place = {result: n for n, result in enumerate(result_ids)}
    points = {question.id: [0.0] * len(result_ids) for question in exam.questions}
    answered: dict[int, set[int]] = {question.id: set() for question in exam.questions}
    rows = PartMark.objects.filter(result__in=result_ids).values_list(
        "result_id", "part_id", "points", "outcome"
    )
    for result, part, earned, outcome in rows.iterator(chunk_size=5000):
        question = question_of.get(part)
        if question is not None:
            points[question][place[result]] += float(earned)
            if outcome != PartMark.Outcome.BLANK:
                answered[question].add(result)
    blanks = {question: len(result_ids) - len(seen) for question, seen in answered.items()}
    return points, blanks


def _ticks(
    session_ids: list[UUID], revision_id: int | None
) -> tuple[dict[int, dict[str, int]], dict[int, set[int]]]:
    """Return how often each answer to a part was given, and the part's right options: 1 query."""
    given = (
        StudentAnswer.objects.filter(session__in=session_ids, part__kind__in=CHOICES)
        .order_by()
        .values("part_id", "value")
        .annotate(count=Count("id"))
        .values_list("part_id", "value", "count")
    )
    # JSON texts both; the key is given by nobody.
    right = PartKey.objects.filter(revision_id=revision_id).values_list(
        "part_id", Cast("correct", TextField()), Value(0)
    )
    ticks: dict[int, dict[str, int]] = {}
    keys: dict[int, set[int]] = {}
    for part, value, count in given.union(right, all=True):
        if count:
            ticks.setdefault(part, {})[value] = count
        else:
            keys[part] = set(json.loads(value))
    return ticks, keys


def _part(
    part: PartDefinition, ticks: dict[int, dict[str, int]], keys: dict[int, set[int]]
) -> PartFigures:
    counted = rules.option_counts(ticks.get(part.id, {}), part.option_count)
    right = keys.get(part.id, set())
    return PartFigures(
        part, [OptionFigure(n, count, n in right) for n, count in enumerate(counted)]
    )
