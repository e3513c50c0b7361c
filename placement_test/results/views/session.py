"""One session: what happened, what it earned, and what staff decide about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from placement_test.errors import MarkedMeanwhile
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.models import HandMark, Part, PartMark, Placement
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import access, explain, queries, services
from placement_test.results.forms import LevelForm, MarkForm, ReasonForm
from placement_test.results.queries import detail

if TYPE_CHECKING:
    import uuid
    from decimal import Decimal

    from django.http import HttpRequest, HttpResponse

    from placement_test.models import Result, StudentSession

CONFLICT = 409
SECONDS_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line of the answer sheet."""

    part_id: int
    number: str
    label: str
    kind: str
    given: str
    key: str
    outcome: str
    outcome_words: str
    points: Decimal | None
    most: Decimal
    note: str
    by: str
    is_written: bool


@requires(Role.INVIGILATOR)
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show a session; its answers beside the key from teachers upwards.

    2 queries beside login, and 2 more where the session is not cached.
    """
    user = actor(request)
    sessions = detail.with_current(access.described_sessions(user))
    shown = get_object_or_404(sessions, pk=session_id)
    is_teacher = has_role(user, Role.TEACHER)
    result = detail.current_result(shown)
    placement = detail.current_placement(shown)
    context: dict[str, object] = {
        "session": shown,
        "result": result,
        "placement": placement,
        "reasons": explain.reasons(placement, shown) if placement else [],
        "is_overruled": bool(placement and placement.origin == Placement.Origin.OVERRULE),
        "is_teacher": is_teacher,
        "has_time": shown.started_at is not None and (shown.ended_at is None or is_teacher),
        "answers": _answers(shown, result) if is_teacher else [],
    }
    return render(request, "staff/results/session.html", context)


@requires(Role.TEACHER)
def overrule(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Decide the level by hand, with a reason."""
    shown = access.session(actor(request), session_id)
    current = Placement.objects.filter(session=shown, is_current=True).first()
    form = LevelForm(
        request.POST if request.method == "POST" else None,
        level=current.level_id if current else None,
    )
    if form.is_bound and form.is_valid():
        services.overrule(
            shown.id,
            level=form.cleaned_data["level"],
            reason=form.cleaned_data["reason"],
            actor=actor(request),
        )
        messages.success(request, _("The level was decided."))
        return redirect("staff-session", session_id)
    context = {"session": shown, "form": form}
    status = pages.UNPROCESSABLE if form.is_bound else 200
    return render(request, "staff/results/level.html", context, status=status)


@require_POST
@requires(Role.TEACHER)
def withdraw(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Return to the level of the rules."""
    shown = access.session(actor(request), session_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason."))
        return redirect("staff-session", session_id)
    services.withdraw(shown.id, reason=form.cleaned_data["reason"], actor=actor(request))
    messages.success(request, _("The level follows the rules again."))
    return redirect("staff-session", session_id)


@requires(Role.TEACHER)
def mark(request: HttpRequest, session_id: uuid.UUID, part_id: int) -> HttpResponse:
    """Mark one answer of a session by hand, also one that was marked before."""
    user = actor(request)
    shown = access.session(user, session_id)
    part = access.part(user, part_id)
    if part.question.section.version_id != shown.version_id:
        raise Http404
    newest = HandMark.objects.filter(session=shown, part=part).select_related("made_by").last()
    seen = newest.pk if newest else 0
    form = MarkForm(request.POST if request.method == "POST" else None, part=part, seen=seen)
    status = pages.UNPROCESSABLE if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            services.mark_by_hand(shown.id, part, actor=user, **form.cleaned_data)
        except MarkedMeanwhile as error:
            # Asked again with the newest mark in sight: writing over it becomes a decision.
            messages.error(request, error.words())
            form, status = MarkForm(part=part, seen=seen), CONFLICT
        else:
            messages.success(request, _("The points were saved."))
            return redirect("staff-session", session_id)
    given = queries.answers(shown.id).get(part.pk)
    style = part.question.label_style or part.question.section.version.label_style
    context = {
        "session": shown,
        "part": part,
        "question": part.question,
        "given": explain.answer(given, kind=part.kind, label_style=style),
        "newest": newest,
        "form": form,
    }
    return render(request, "staff/results/mark.html", context, status=status)


def _answers(shown: StudentSession, result: Result | None) -> list[AnswerLine]:
    found = OptimizedQueries.get_session_with_answers(shown.id)
    rows = detail.answer_rows(found.exam, result, found.answers)
    return [_answer_line(row) for row in rows]


def _answer_line(row: detail.AnswerRow) -> AnswerLine:
    style = row.question.label_style
    kind, mark = row.part.kind, row.mark
    return AnswerLine(
        part_id=row.part.id,
        number=row.question.number,
        label=row.part.label,
        kind=_kind(kind),
        given=explain.answer(row.value, kind=kind, label_style=style),
        key=explain.key(mark.correct, mark.accepted, kind=kind, label_style=style) if mark else "",
        outcome=mark.outcome if mark else "",
        outcome_words=str(dict(PartMark.Outcome.choices)[mark.outcome]) if mark else "",
        points=mark.points if mark else None,
        most=row.part.points,
        note=mark.note if mark else "",
        by=mark.by if mark else "",
        is_written=kind == "long",
    )


def _kind(kind: str) -> str:
    return str(dict(Part.Kind.choices)[kind])
