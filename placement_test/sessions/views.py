"""The student's pages: welcome, registration, before, during and after the test."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from placement_test.academy import queries as academy_queries
from placement_test.academy.services import event_for_code
from placement_test.academy.services.events import is_open
from placement_test.curriculum.services import current_rule_set
from placement_test.errors import (
    BadRequest,
    CodeWrong,
    EventClosed,
    EventUnknown,
    NoRuleForStudent,
    TooManyTries,
)
from placement_test.lib import academy, clock, pages
from placement_test.models import StudentSession, TestEvent
from placement_test.sessions import access, offline, queries, resume_codes, services
from placement_test.sessions.forms import AccessCodeForm, Asked, RegistrationForm, ResumeForm
from placement_test.sessions.rules import ALPHABET, CODE_LENGTH
from placement_test.sessions.services.registering import may_change_level

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.http import HttpRequest

State = StudentSession.State
# More listed events than this are chosen by their code.
MOST_LISTED = 12
STEPS: dict[str, Literal[-1, 1]] = {"easier": -1, "harder": 1}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Show the open events; take an access code to one that is not listed."""
    now = clock.now()
    form = AccessCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            event = event_for_code(form.cleaned_data["code"], now)
        except (EventUnknown, EventClosed) as error:
            form.add_error("code", error.words())
        else:
            return redirect("student-register", event_id=event.id)
    events = academy_queries.open_events(now).filter(is_listed=True)[:MOST_LISTED]
    return render(
        request,
        "student/home.html",
        {"form": form, "events": events},
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Take a student's facts and open the test that the rules name."""
    event = get_object_or_404(TestEvent.objects.select_related("campus"), id=event_id)
    if not is_open(event, clock.now()) or not event.campus.is_active:
        raise EventClosed
    rule_set = current_rule_set()
    if rule_set is None:
        raise NoRuleForStudent
    asked = Asked(
        academy=academy.current(),
        boundaries=rule_set.boundaries,
        consent=academy_queries.current_consent(),
    )
    form = RegistrationForm(asked, request.POST if request.method == "POST" else None)
    if form.is_valid():
        registered = services.register(event, form.registration())
        response = redirect("sit-intro", session_id=registered.session.id)
        access.grant(response, registered.session, registered.token)
        return response
    consent = asked.consent
    is_korean = (get_language() or "").startswith("ko")
    context = {
        "event": event,
        "form": form,
        "schools": academy_queries.suggested_schools(event.campus),
        "consent": consent and (consent.korean if is_korean else consent.english),
    }
    return render(request, "student/register.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Take a resume code and go on with its test in this browser."""
    asked = request.POST if request.method == "POST" else None
    form = ResumeForm(asked, initial={"session": _session_named(request)})
    status, retry_after = 200, 0
    if form.is_bound:
        status = pages.UNPROCESSABLE
        if form.is_valid():
            try:
                resumed = services.resume(
                    form.cleaned_data["code"], session_id=form.cleaned_data["session"]
                )
            except (CodeWrong, TooManyTries) as error:
                form.add_error("code", error.words())
                if isinstance(error, TooManyTries):
                    status, retry_after = error.status, error.seconds
            else:
                response = redirect(access.page_of(resumed.session))
                access.grant(response, resumed.session, resumed.token)
                return response
    context = {"form": form, "symbols": ALPHABET, "length": CODE_LENGTH}
    page = render(request, "student/resume.html", context, status=status)
    if retry_after:
        page["Retry-After"] = str(retry_after)
    return page


@never_cache
@require_safe
def intro(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Say what will happen, check the sound, lead to the test."""
    held = access.held(request, session_id, "version__exam")
    session = services.end_if_overdue(held.session)
    if session.state != State.REGISTERED:
        return redirect(access.page_of(session))
    exam = queries.exam_of(session)
    context = {
        "session": session,
        "minutes": session.allotted_seconds // 60,
        "questions": sum(len(section.questions) for section in exam.sections),
        "has_tracks": bool(exam.tracks),
        "may_change": may_change_level(session),
        "resume_code": "" if held.superseded_at else resume_codes.shown(session),
    }
    return render(request, "student/intro.html", context)


@never_cache
@require_safe
def runner(request: HttpRequest, session_id: UUID) -> HttpResponse:  # noqa: ARG001
    """Show the test itself: it says nothing of the session, and asks for all of it by calls."""
    return HttpResponse(offline.page(request))


@never_cache
@require_safe
def done(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Show the receipt, what happens next and what the policy lets the student see."""
    session = _own(request, session_id, "version__exam")
    if session.ended_at is None:
        return redirect(access.page_of(session))
    outcome = queries.outcome(session)
    context = {
        "session": session,
        "outcome": outcome,
        "score": _points(outcome.score),
        "max_score": _points(outcome.max_score),
        "is_submitted": session.state == State.SUBMITTED,
        "may_change": may_change_level(session),
    }
    return render(request, "student/done.html", context)


@require_POST
def change_level(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Open an easier or a harder test; the present one stays as it is."""
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise BadRequest
    registered = services.change_level(
        access.leading_session(request, session_id, "student", "campus"), step
    )
    response = redirect("sit-intro", session_id=registered.session.id)
    access.grant(response, registered.session, registered.token)
    return response


def _own(request: HttpRequest, session_id: UUID, *joined: str) -> StudentSession:
    return services.end_if_overdue(access.own_session(request, session_id, *joined))


def _session_named(request: HttpRequest) -> UUID | None:
    """Return the session that a page sent the student here for."""
    try:
        return uuid.UUID(request.GET.get("session", ""))
    except ValueError:
        return None


def _points(points: Decimal | None) -> str:
    return "" if points is None else f"{points.normalize():f}"
