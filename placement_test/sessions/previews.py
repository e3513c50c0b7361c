"""Staff sit an exam as a student would, without a trace in results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from placement_test.exams import access as exams
from placement_test.lib.access import Role, actor, campuses, requires
from placement_test.sessions import access, services

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
@requires(Role.TEACHER)
def preview(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Open a session of the version that the address names and lead to its first page."""
    version = exams.version(request, exam_id)
    teacher = actor(request)
    campus = campuses(teacher).order_by("id").first()
    made = services.preview(version, campus, teacher)
    response = redirect("sit-intro", session_id=made.session.id)
    access.grant(response, made.session, made.token)
    return response
