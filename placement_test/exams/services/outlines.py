"""Write the sections, questions and parts of a draft; what stays keeps its row and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from placement_test.exams.queries import outlines
from placement_test.exams.rules.outline import outline_problems
from placement_test.exams.services.locking import lock_draft
from placement_test.exams.services.previews import remove_previews
from placement_test.lib import audit
from placement_test.models import Part, Question, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from placement_test.exams.rules.outline import PartPlan, QuestionPlan, SectionPlan
    from placement_test.models import ExamVersion, StaffUser

# Positions are unique: rows that stay step aside by more than any draft has before they move.
ASIDE = 10_000


@transaction.atomic
def set_outline(
    version: ExamVersion, plans: Sequence[SectionPlan], actor: StaffUser | None
) -> None:
    """Make the draft's questions those of ``plans``, in their order.

    Questions are found again by their number, sections and parts by the id that a plan names; a
    part without one is found by its place in the question.  Rows found again stay, with their
    keys and tracks; the others go.

    :raises VersionFixed: if the version is no draft
    :raises ValueError: if the plans cannot be (the forms let none of these through)
    """
    if problems := outline_problems(plans):
        raise ValueError("; ".join(problems))
    draft = lock_draft(version)
    before = outlines.sections(draft.pk)
    if tuple(plans) == tuple(outlines.section_plan(section) for section in before):
        return
    remove_previews(draft)
    _write(draft, before, plans)
    audit.record(
        actor,
        "questions changed",
        draft,
        before={"questions": sum(len(section.questions.all()) for section in before)},
        after={"questions": sum(len(plan.questions) for plan in plans)},
    )


@transaction.atomic
def rename_question(
    version: ExamVersion, question: Question, number: str, actor: StaffUser | None
) -> None:
    """Change the number as printed; the caller has checked that no other question has it.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    Question.objects.filter(pk=question.pk, section__version=draft).update(number=number)
    audit.record(
        actor,
        "question renumbered",
        draft,
        before={"number": question.number},
        after={"number": number},
    )


def _write(draft: ExamVersion, before: list[Section], plans: Sequence[SectionPlan]) -> None:
    known = {question.number: question for row in before for question in row.questions.all()}
    _step_aside(draft)
    sections = _write_sections(draft, before, plans)
    parts: list[tuple[Question, QuestionPlan]] = []
    for section, plan in zip(sections, plans, strict=True):
        for position, wanted in enumerate(plan.questions, start=1):
            question = known.get(wanted.number) or Question(number=wanted.number)
            _fill_question(question, section, position, wanted)
            parts.append((question, wanted))
    Question.objects.bulk_create([question for question, _plan in parts if not question.pk])
    stayed = [question for question, _plan in parts if question.number in known]
    Question.objects.bulk_update(
        stayed, ["section", "position", "kind", "label_style", "text", "page", "x", "y"]
    )
    kept = {question.pk for question, _plan in parts}
    Question.objects.filter(section__version=draft).exclude(pk__in=kept).delete()
    Section.objects.filter(version=draft).exclude(pk__in=[row.pk for row in sections]).delete()
    _write_parts(parts, {question.pk for question in stayed})


def _step_aside(draft: ExamVersion) -> None:
    Section.objects.filter(version=draft).update(position=F("position") + ASIDE)
    Question.objects.filter(section__version=draft).update(position=F("position") + ASIDE)
    Part.objects.filter(question__section__version=draft).update(position=F("position") + ASIDE)


def _write_sections(
    draft: ExamVersion, before: Iterable[Section], plans: Sequence[SectionPlan]
) -> list[Section]:
    known = {section.pk: section for section in before}
    written = []
    for position, plan in enumerate(plans, start=1):
        section = known.pop(plan.id, None) if plan.id else None
        section = section or Section(version=draft)
        section.position, section.title = position, plan.title
        section.skill, section.minutes = plan.skill, plan.minutes
        section.save()
        written.append(section)
    return written


def _fill_question(question: Question, section: Section, position: int, plan: QuestionPlan) -> None:
    question.section, question.position, question.kind = section, position, plan.kind
    question.label_style, question.text = plan.label_style, plan.text
    question.page, question.x, question.y = plan.page, plan.x, plan.y


def _write_parts(questions: list[tuple[Question, QuestionPlan]], stayed: set[int]) -> None:
    made: list[Part] = []
    changed: list[Part] = []
    gone: list[int] = []
    for question, plan in questions:
        rows = list(question.parts.all()) if question.pk in stayed else []
        left = {row.pk: row for row in rows}
        named = {wanted.id for wanted in plan.parts}
        for position, wanted in enumerate(plan.parts, start=1):
            beside = [row for row in rows[position - 1 : position] if row.pk not in named]
            row = _same_part(left, wanted, beside)
            part = row or Part(question=question)
            part.position, part.kind, part.label = position, wanted.kind, wanted.label
            part.option_count, part.points = wanted.option_count, wanted.points
            (changed if row else made).append(part)
        gone += left
    Part.objects.filter(pk__in=gone).delete()
    Part.objects.bulk_update(changed, ["position", "kind", "label", "option_count", "points"])
    Part.objects.bulk_create(made)


def _same_part(
    left: dict[int, Part], wanted: PartPlan, at_its_place: Sequence[Part]
) -> Part | None:
    """Take from ``left`` the row that ``wanted`` means, if there is one."""
    if wanted.id is not None:
        return left.pop(wanted.id, None)
    return next((left.pop(row.pk) for row in at_its_place if row.pk in left), None)
