"""What needs attention now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from placement_test.academy.access import events
from placement_test.exams.access import exams_of
from placement_test.lib import clock
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.results import access
from placement_test.results.queries import attention

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LEVELS_NAMED = 6


@requires(Role.INVIGILATOR)
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for this member of staff: 4 queries beside login."""
    user = actor(request)
    sessions, results = access.sessions(user), access.results(user)
    context: dict[str, object] = {
        "events": attention.events_of_today(events(user), clock.now()),
    }
    if not has_role(user, Role.TEACHER):
        context["open_sessions"] = attention.open_sessions(sessions)
        return render(request, "staff/home.html", context)
    work = attention.work(user, sessions=sessions, results=results, exams=exams_of(user))
    missing = attention.levels_without_exam()
    context |= {
        "is_teacher": True,
        "open_sessions": work.open_sessions,
        "waiting": work.waiting,
        "undecided": work.undecided,
        "drafts": work.drafts,
        "levels_missing": len(missing),
        "levels_named": missing[:LEVELS_NAMED],
        "results": attention.last_results(results),
    }
    if has_role(user, Role.DIRECTOR):
        context["gaps"] = attention.rule_gaps(work.rule_set)
    return render(request, "staff/home.html", context)
