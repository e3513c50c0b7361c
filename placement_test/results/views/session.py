"""One session: what happened, what it earned, and what staff decide about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from placement_test.errors import MarkedMeanwhile, PlacementError
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.models import AnswerEvent, EntryKind, HandMark, Part, PartMark, Placement
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import access, explain, queries, services
from placement_test.results.forms import EntriesForm, LevelForm, MarkForm, ReasonForm
from placement_test.results.queries import detail
from placement_test.results.services.late import COUNTABLE

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from decimal import Decimal

    from django.http import HttpRequest, HttpResponse

    from placement_test.models import Result, StudentSession
    from placement_test.query_optimizations import ExamDefinition, QuestionDefinition

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


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry of the timeline."""

    id: int
    at: dt.datetime
    device: int | None
    kind: str
    subject: str
    value: str
    status: str
    status_words: str
    reason: str
    decided: str
    decided_by: str
    may_count: bool
    is_open: bool


@requires(Role.INVIGILATOR)
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show a session; key, answers and entries from teachers upwards.  At most 18 queries."""
    user = actor(request)
    shown = access.session(user, session_id)
    results = detail.results_of(shown)
    placements = detail.placements_of(shown)
    result = next((row for row in results if row.is_current), None)
    placement = next((row for row in placements if row.is_current), None)
    context: dict[str, object] = {
        "session": shown,
        "result": result,
        "placement": placement,
        "reasons": explain.reasons(placement, shown) if placement else [],
        "adjustments": [
            {"row": row, "minutes": explain.plain(row.seconds / SECONDS_A_MINUTE)}
            for row in detail.adjustments(shown)
        ],
        "check_code": detail.check_code(shown),
        "is_overruled": bool(placement and placement.origin == Placement.Origin.OVERRULE),
        "is_teacher": has_role(user, Role.TEACHER),
    }
    if has_role(user, Role.TEACHER):
        context |= _for_teachers(request, shown, result)
        context |= {"results": results, "placements": placements}
    return render(request, "staff/results/session.html", context)


@require_POST
@requires(Role.TEACHER)
def decide_entries(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Count answers that were not applied, or leave them."""
    shown = access.session(actor(request), session_id)
    form = EntriesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose at least one entry and give a reason."))
        return redirect("staff-session", session_id)
    accept = form.cleaned_data["decision"] == "accept"
    chosen = form.cleaned_data["entries"]
    try:
        services.decide_late(
            shown.id,
            chosen,
            accept=accept,
            reason=form.cleaned_data["reason"],
            actor=actor(request),
        )
    except PlacementError as error:
        messages.error(request, error.words())
        return redirect("staff-session", session_id)
    words = (
        ngettext("%(count)s answer counts now.", "%(count)s answers count now.", len(chosen))
        if accept
        else ngettext("%(count)s answer left out.", "%(count)s answers left out.", len(chosen))
    )
    messages.success(request, words % {"count": len(chosen)})
    return redirect("staff-session", session_id)


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


def _for_teachers(
    request: HttpRequest, shown: StudentSession, result: Result | None
) -> dict[str, object]:
    exam = OptimizedQueries.get_exam_with_questions(shown.version_id)
    rows = detail.answer_rows(exam, result, queries.answers(shown.id), shown)
    devices = detail.devices(shown)
    page = detail.entries(shown, request.GET.get("page"))
    named = _Named(exam, devices, may_decide=shown.ended_at is not None)
    troubled = [named.entry(event) for event in detail.troubled(shown)]
    return {
        "answers": [_answer_line(row) for row in rows],
        "page_obj": page,
        "entries": [named.entry(event) for event in page],
        "troubled": troubled,
        "has_open": any(line.is_open for line in troubled),
        "conflicts": [
            {"at": each.received_at, "device": devices.get(each.writer), "seq": each.seq}
            for each in detail.conflicts(shown)
        ],
        "querystring": pages.querystring(request),
        "device_count": len(devices),
    }


def _answer_line(row: detail.AnswerRow) -> AnswerLine:
    style = row.question.label_style
    key = row.key
    words = dict(PartMark.Outcome.choices).get(row.outcome, "")
    return AnswerLine(
        part_id=row.part.id,
        number=row.question.number,
        label=row.part.label,
        kind=_kind(row.part.kind),
        given=explain.answer(row.value, kind=row.part.kind, label_style=style),
        key=explain.key(key.correct, key.accepted, kind=row.part.kind, label_style=style)
        if key
        else "",
        outcome=row.outcome,
        outcome_words=str(words),
        points=row.points,
        most=row.part.points,
        note=row.by_hand.note if row.by_hand else "",
        by=str(row.by_hand.made_by) if row.by_hand else "",
        is_written=row.part.kind == "long",
    )


class _Named:
    """Says of entries what they belong to, in words."""

    def __init__(
        self, exam: ExamDefinition, devices: dict[uuid.UUID, int], *, may_decide: bool
    ) -> None:
        self.devices = devices
        self.may_decide = may_decide
        self.questions = {question.id: question for question in exam.questions}
        self.tracks = {track.id: track.title for track in exam.tracks}
        self.parts = {
            part.id: (question, part) for question in exam.questions for part in question.parts
        }

    def entry(self, event: AnswerEvent) -> EntryLine:
        decision = getattr(event, "decision", None)
        is_trouble = event.status != AnswerEvent.Status.APPLIED
        is_answer = event.kind == EntryKind.ANSWER
        decided = ""
        if decision is not None:
            decided = _("Counted") if decision.accepted else _("Left out")
        return EntryLine(
            id=event.pk,
            at=event.received_at,
            device=self.devices.get(event.writer),
            kind=event.get_kind_display(),
            subject=self.subject(event),
            value=self.value(event),
            status=event.status,
            status_words=event.get_status_display(),
            reason=decision.reason if decision else event.reason,
            decided=decided,
            decided_by=str(decision.made_by) if decision else "",
            may_count=event.status in COUNTABLE and event.subject in self.parts,
            is_open=is_trouble and is_answer and decision is None and self.may_decide,
        )

    def subject(self, event: AnswerEvent) -> str:
        if event.kind == EntryKind.ANSWER and event.subject in self.parts:
            question, part = self.parts[event.subject]
            return _question(question, part.label)
        if event.kind == EntryKind.FLAG and event.subject in self.questions:
            return _question(self.questions[event.subject], "")
        return self.tracks.get(event.subject, "")

    def value(self, event: AnswerEvent) -> str:
        if event.kind != EntryKind.ANSWER or event.status == AnswerEvent.Status.REJECTED:
            return event.value
        if event.subject not in self.parts:
            return event.value
        question, part = self.parts[event.subject]
        return explain.answer(event.value, kind=part.kind, label_style=question.label_style)


def _question(question: QuestionDefinition, label: str) -> str:
    return f"{question.number} {label}".strip()


def _kind(kind: str) -> str:
    return str(dict(Part.Kind.choices)[kind])
