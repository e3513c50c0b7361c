"""One exam with its versions, and what may be done with it as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from placement_test.exams import access, services
from placement_test.exams.queries import listing
from placement_test.lib import access as roles
from placement_test.models import ExamVersion

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TITLE_LENGTH = 120


@require_GET
@roles.requires(roles.Role.TEACHER)
def exam(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show the exam's versions with their figures: 4 queries beside login."""
    found = access.exam(request, exam_id)
    rows = found.versions.select_related("published_by").order_by("-number")
    versions = [(version, version.__dict__["sat"]) for version in listing.with_sessions(rows)]
    states = {version.state: version for version, _sat in versions}
    return render(
        request,
        "staff/exams/exam.html",
        {
            "exam": found,
            "rows": versions,
            "draft": states.get(ExamVersion.State.DRAFT),
            "published": states.get(ExamVersion.State.PUBLISHED),
            "levels": found.levels.select_related("sub_program__program"),
            "campuses": found.campuses.all(),
            "sat": sum(sat for _version, sat in versions),
        },
    )


@require_POST
@roles.requires(roles.Role.TEACHER)
def edit(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Go on with the draft; where there is none, make the next version first."""
    draft = services.make_draft(access.exam(request, exam_id), roles.actor(request))
    return redirect("staff-exam-questions", draft.exam_id)


@require_POST
@roles.requires(roles.Role.TEACHER)
def duplicate(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Make a new exam that is a copy of this one."""
    version = access.version(request, exam_id)
    title = _("Copy of %(title)s") % {"title": version.exam.title}
    copy = services.duplicate_exam(version, title[:TITLE_LENGTH], roles.actor(request))
    messages.success(request, _("This is the copy. Give it a title of its own."))
    return redirect("staff-exam-settings", copy.exam_id)


@require_POST
@roles.requires(roles.Role.TEACHER)
def archive(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Put the exam into the archive."""
    services.archive_exam(access.exam(request, exam_id), roles.actor(request))
    messages.success(request, _("The exam is in the archive. No student is given it any more."))
    return redirect("staff-exam", exam_id)


@require_POST
@roles.requires(roles.Role.TEACHER)
def unarchive(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Take the exam out of the archive."""
    services.unarchive_exam(access.exam(request, exam_id), roles.actor(request))
    messages.success(request, _("The exam is in use again."))
    return redirect("staff-exam", exam_id)


@require_POST
@roles.requires(roles.Role.TEACHER)
def delete(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Delete the draft, and the exam with it where that was its only version."""
    with_exam = services.delete_draft(access.draft(request, exam_id), roles.actor(request))
    if with_exam:
        messages.success(request, _("The exam was deleted."))
        return redirect("staff-exams")
    messages.success(request, _("The draft was deleted."))
    return redirect("staff-exam", exam_id)
