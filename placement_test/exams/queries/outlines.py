"""The sections, questions and parts of a version, as rows and as plain values."""

from __future__ import annotations

from django.db.models import Prefetch

from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
from placement_test.models import Part, Question, Section


def sections(version_id: int) -> list[Section]:
    """Return the sections with their questions and parts loaded: 3 queries."""
    questions = Question.objects.order_by("position").prefetch_related(
        Prefetch("parts", Part.objects.order_by("position"))
    )
    return list(
        Section.objects.filter(version=version_id)
        .order_by("position")
        .prefetch_related(Prefetch("questions", questions))
    )


def outline(version_id: int) -> tuple[SectionPlan, ...]:
    """Return the version's sections as plain values: 3 queries."""
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
