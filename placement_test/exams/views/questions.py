"""The questions of a version: in bulk by section, some of them, one of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from placement_test.exams import access, services
from placement_test.exams.forms import questions as forms
from placement_test.exams.queries import outlines
from placement_test.exams.rules import outline as rules
from placement_test.exams.services.outlines import rename_question
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from placement_test.exams.rules.outline import SectionPlan
    from placement_test.models import ExamVersion, Question


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def questions(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show the questions; ``action=change`` changes some, anything else saves the sections."""
    if request.method != "POST":
        return _shown(request, access.version(request, exam_id))
    draft = access.draft(request, exam_id)
    plans = outlines.outline(draft.pk)
    if request.POST.get("action") == "change":
        return _change(request, draft, plans)
    return _save_sections(request, draft, plans)


def _shown(
    request: HttpRequest,
    version: ExamVersion,
    sections: forms.BaseSectionFormSet | None = None,
    change: forms.ChangeForm | None = None,
) -> HttpResponse:
    rows = outlines.sections(version.pk)
    plans = tuple(outlines.section_plan(row) for row in rows)
    numbers = [question.number for plan in plans for question in plan.questions]
    points = [part.points for plan in plans for q in plan.questions for part in q.parts]
    context = editor.context(
        request,
        version,
        "questions",
        sections=sections
        or forms.section_formset(
            plans, options=version.option_count, with_empty="more" in request.GET
        ),
        change=change or forms.ChangeForm(known=numbers, prefix="change"),
        rows=rows,
        count=len(numbers),
        points=forms.plain(sum(points, Decimal(0))),
    )
    status = UNPROCESSABLE if sections or change else 200
    return render(request, "staff/exams/questions.html", context, status=status)


def _save_sections(
    request: HttpRequest, draft: ExamVersion, plans: Sequence[SectionPlan]
) -> HttpResponse:
    formset = forms.section_formset(plans, request.POST, options=draft.option_count)
    if not formset.is_valid():
        return _shown(request, draft, sections=formset)
    rows = formset.rows(plans, options=draft.option_count)
    wanted = rules.apply_rows(plans, rows, options=draft.option_count)
    services.set_outline(draft, wanted, roles.actor(request))
    count = sum(len(plan.questions) for plan in wanted)
    words = ngettext(
        "Saved: the exam has %(count)s question.",
        "Saved: the exam has %(count)s questions.",
        count,
    )
    messages.success(request, words % {"count": count})
    return editor.again(request, draft, "questions")


def _change(request: HttpRequest, draft: ExamVersion, plans: Sequence[SectionPlan]) -> HttpResponse:
    known = [question.number for plan in plans for question in plan.questions]
    form = forms.ChangeForm(request.POST, known=known, prefix="change")
    if not form.is_valid():
        return _shown(request, draft, change=form)
    numbers = form.cleaned_data["numbers"]
    wanted = rules.change_questions(plans, numbers, form.change())
    services.set_outline(draft, wanted, roles.actor(request))
    words = ngettext(
        "%(count)s question was changed.", "%(count)s questions were changed.", len(numbers)
    )
    messages.success(request, words % {"count": len(numbers)})
    return editor.again(request, draft, "questions")


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def question(request: HttpRequest, exam_id: int, question_id: int) -> HttpResponse:
    """Change one question: its number as printed, its parts, where it stands."""
    is_post = request.method == "POST"
    version = (access.draft if is_post else access.version)(request, exam_id)
    rows = outlines.sections(version.pk)
    everything = {row.pk: row for section in rows for row in section.questions.all()}
    if question_id not in everything:
        raise Http404
    shown = everything[question_id]
    plan = outlines.question_plan(shown)
    others = {row.number for pk, row in everything.items() if pk != question_id}
    initial = {
        "number": plan.number,
        "page": plan.page,
        "label_style": plan.label_style,
        "text": plan.text,
    }
    data = request.POST if is_post else None
    form = forms.QuestionForm(data, initial=initial, others=others)
    parts = forms.part_formset(plan, data)
    if is_post and form.is_valid() and parts.is_valid():
        _save_question(request, version, shown, form, parts)
        messages.success(
            request, _("Question %(number)s was saved.") % {"number": form.cleaned_data["number"]}
        )
        return editor.again(request, version, "questions")
    context = editor.context(request, version, "questions", form=form, parts=parts, question=shown)
    status = UNPROCESSABLE if is_post else 200
    return render(request, "staff/exams/question.html", context, status=status)


def _save_question(
    request: HttpRequest,
    draft: ExamVersion,
    row: Question,
    form: forms.QuestionForm,
    parts: forms.BasePartFormSet,
) -> None:
    said = form.cleaned_data
    actor = roles.actor(request)
    if said["number"] != row.number:
        rename_question(draft, row, said["number"], actor)
    plans = tuple(
        replace(
            section,
            questions=tuple(
                replace(
                    plan,
                    page=said["page"],
                    label_style=said["label_style"],
                    text=said["text"],
                    parts=parts.plans(),
                )
                if plan.number == said["number"]
                else plan
                for plan in section.questions
            ),
        )
        for section in outlines.outline(draft.pk)
    )
    services.set_outline(draft, plans, actor)
