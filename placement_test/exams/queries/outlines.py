"""The sections, questions and parts of a version, as rows and as plain values."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
from placement_test.models import Part, Question, Section

if TYPE_CHECKING:
    from django.db.models import Model


def sections(version_id: int) -> list[Section]:
    """Return the sections with their questions and parts loaded: 2 queries."""
    found = list(Section.objects.filter(version=version_id).order_by("position"))
    of_section: dict[int, list[Question]] = {section.pk: [] for section in found}
    for question in questions(version_id):
        of_section[question.section_id].append(question)
    for section in found:
        _hold(section, "questions", of_section[section.pk])
    return found


def questions(version_id: int) -> list[Question]:
    """Return the questions in the order of the paper with their parts loaded: 1 query."""
    # Read by their parts: each question has one at least.
    rows = (
        Part.objects.filter(question__section__version=version_id)
        .select_related("question")
        .order_by("question__section__position", "question__position", "position")
    )
    found = []
    for _key, group in groupby(rows, key=lambda part: part.question_id):
        parts = list(group)
        question = parts[0].question
        _hold(question, "parts", parts)
        found.append(question)
    return found


def outline(version_id: int) -> tuple[SectionPlan, ...]:
    """Return the version's sections as plain values: 2 queries."""
    return tuple(section_plan(section) for section in sections(version_id))


def section_plan(section: Section) -> SectionPlan:
    """Return a section whose questions and parts are loaded as a plain value."""
    return SectionPlan(
        title=section.title,
        skill=section.skill,
        minutes=section.minutes,
        id=section.pk,
        questions=tuple(question_plan(question) for question in section.questions.all()),
    )


def question_plan(question: Question) -> QuestionPlan:
    """Return a question whose parts are loaded as a plain value."""
    return QuestionPlan(
        number=question.number,
        label_style=question.label_style,
        text=question.text,
        page=question.page,
        x=question.x,
        y=question.y,
        parts=tuple(
            PartPlan(
                kind=part.kind,
                points=part.points,
                option_count=part.option_count,
                label=part.label,
                id=part.pk,
            )
            for part in question.parts.all()
        ),
    )


def _hold(row: Model, name: str, related: list[Any]) -> None:
    """Give ``row`` its related rows, as a prefetch does."""
    held = getattr(row, name).all()
    held._result_cache = related  # noqa: SLF001 - Django has no public way
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = held
