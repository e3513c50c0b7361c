"""What happened in a session: every result, placement and decision, and every entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from placement_test.errors import PlacementError
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, requires
from placement_test.models import AnswerEvent, EntryKind
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import access, explain, services
from placement_test.results.forms import EntriesForm
from placement_test.results.queries import detail
from placement_test.results.services.late import COUNTABLE

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from django.http import HttpRequest, HttpResponse

    from placement_test.query_optimizations import ExamDefinition, QuestionDefinition

SECONDS_A_MINUTE = 60


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


@requires(Role.TEACHER)
def history(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show every result, every placement and the time that was given: 4 queries beside login."""
    shown = access.session(actor(request), session_id)
    context = {
        "session": shown,
        "results": detail.results_of(shown),
        "placements": detail.placements_of(shown),
        "adjustments": [
            {"row": row, "minutes": round(row.seconds / SECONDS_A_MINUTE)}
            for row in detail.adjustments(shown)
        ],
    }
    return render(request, "staff/results/session_history.html", context)


@requires(Role.TEACHER)
def timeline(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show every entry as it arrived, those to decide first: 4 queries beside login."""
    shown = access.session(actor(request), session_id)
    exam = OptimizedQueries.get_exam_with_questions(shown.version_id)
    devices, count = detail.devices(shown)
    page, kept = detail.entries(shown, request.GET.get("page"), count=count)
    named = _Named(exam, devices, may_decide=shown.ended_at is not None)
    troubled = [named.entry(event) for event in kept]
    context = {
        "session": shown,
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
    return render(request, "staff/results/session_entries.html", context)


@require_POST
@requires(Role.TEACHER)
def decide_entries(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Count answers that were not applied, or leave them."""
    shown = access.session(actor(request), session_id)
    form = EntriesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose at least one entry and give a reason."))
        return redirect("staff-session-timeline", session_id)
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
        return redirect("staff-session-timeline", session_id)
    words = (
        ngettext("%(count)s answer counts now.", "%(count)s answers count now.", len(chosen))
        if accept
        else ngettext("%(count)s answer left out.", "%(count)s answers left out.", len(chosen))
    )
    messages.success(request, words % {"count": len(chosen)})
    return redirect("staff-session-timeline", session_id)


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
