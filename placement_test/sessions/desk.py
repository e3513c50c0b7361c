"""What staff do about the time of running and ended tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from placement_test.academy import access as academy
from placement_test.errors import PlacementError
from placement_test.lib import academy as this_academy
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.models import StudentSession
from placement_test.results import access
from placement_test.sessions import desk_forms, services

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

OF_A_GROUP = (desk_forms.GIVE, desk_forms.PAUSE, desk_forms.GO_ON)
CONFLICT = 409


@requires(Role.INVIGILATOR)
def session_time(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Give time to one session, stop its clock, end it or open it again: 1 query to show."""
    user = actor(request)
    session = access.session(user, session_id)
    actions = desk_forms.possible(session, is_teacher=has_role(user, Role.TEACHER))
    name = session.student.name if session.student else _("Erased student")
    back = pages.Link(name, reverse("staff-session", args=[session_id]))
    context = {"session": session, "title": _("Time of this test"), "back": back}
    return _time_page(request, services.one(session), actions, context)


@requires(Role.INVIGILATOR)
def event_time(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    """Give time to everybody who is working in an event, or stop the clocks: 2 queries."""
    event = academy.event(actor(request), event_id)
    group = services.Group(StudentSession.objects.filter(event=event), event)
    back = pages.Link(event.name, reverse("staff-event", args=[event_id]))
    context = {"title": _("Time of everybody working"), "back": back, "working": _working(group)}
    return _time_page(request, group, OF_A_GROUP, context)


@requires(Role.INVIGILATOR)
def time_of_all(request: HttpRequest) -> HttpResponse:
    """Give time to everybody who is working on the reader's campuses: 2 queries."""
    group = services.Group(access.sessions(actor(request)), this_academy.current())
    back = pages.Link(_("Sessions"), reverse("staff-sessions"))
    context = {"title": _("Time of everybody working"), "back": back, "working": _working(group)}
    return _time_page(request, group, OF_A_GROUP, context)


def _working(group: services.Group) -> int:
    return group.sessions.filter(state=StudentSession.State.OPEN, preview_by=None).count()


def _time_page(
    request: HttpRequest,
    group: services.Group,
    actions: list[str] | tuple[str, ...],
    context: dict[str, Any],
) -> HttpResponse:
    form = desk_forms.TimeForm(request.POST if request.method == "POST" else None, actions=actions)
    status = pages.UNPROCESSABLE if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            said = _decide(request, group, form.cleaned_data)
        except PlacementError as error:
            messages.error(request, error.words())
            status = CONFLICT
        else:
            messages.success(request, said)
            return redirect(context["back"].url)
    return render(
        request,
        "staff/sessions/time.html",
        {**context, "form": form, "has_actions": bool(actions)},
        status=status,
    )


def _decide(request: HttpRequest, group: services.Group, given: dict[str, Any]) -> str:
    decision = services.Decision(actor=actor(request), reason=given["reason"], key=given["key"])
    action, minutes = given["action"], given["minutes"]
    if action == desk_forms.END:
        services.end_now(group.subject.pk, decision=decision)
        return _("The test has ended.")
    if action == desk_forms.REOPEN:
        services.open_again(group.subject.pk, minutes=minutes, decision=decision)
        return _("The test is open again. The student opens its page once more.")
    if action == desk_forms.GIVE:
        count = services.give_time(group, minutes=minutes, decision=decision)
        words = ngettext("%(count)s deadline moved.", "%(count)s deadlines moved.", count)
    elif action == desk_forms.PAUSE:
        count = services.pause(group, decision=decision)
        words = ngettext("%(count)s clock stands.", "%(count)s clocks stand.", count)
    else:
        count = services.go_on(group, decision=decision)
        words = ngettext("%(count)s clock goes on.", "%(count)s clocks go on.", count)
    return words % {"count": count}
