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
    """Show what waits for this member of staff: at most 10 queries."""
    user = actor(request)
    sessions, results = access.sessions(user), access.results(user)
    context: dict[str, object] = {
        "open_sessions": attention.open_sessions(sessions),
        "events": attention.events_of_today(events(user), clock.now()),
    }
    if has_role(user, Role.TEACHER):
        drafts = attention.drafts(exams_of(user))
        missing = attention.levels_without_exam()
        context |= {
            "is_teacher": True,
            "waiting": attention.waiting_answers(results),
            "undecided": attention.undecided_entries(sessions),
            "drafts": drafts,
            "levels_missing": len(missing),
            "levels_named": missing[:LEVELS_NAMED],
            "results": attention.last_results(results),
        }
    if has_role(user, Role.DIRECTOR):
        context["gaps"] = attention.rule_gaps()
    return render(request, "staff/home.html", context)
