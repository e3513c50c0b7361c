"""A new exam from one form, and the settings of one that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from placement_test.errors import PaperRejected
from placement_test.exams import access, services, tasks
from placement_test.exams.forms.settings import ExamForm, NewExamForm, initial_of
from placement_test.exams.services.making import discard_new
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import ExamVersion


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def new_exam(request: HttpRequest) -> HttpResponse:
    """Make an exam with a draft and the pages of its paper: all of it, or nothing."""
    user = roles.actor(request)
    if request.method != "POST":
        return render(request, "staff/exams/new.html", {"form": NewExamForm(user=user)})
    form = NewExamForm(request.POST, request.FILES, user=user)
    version = _made(form, request) if form.is_valid() else None
    if version is None:
        return render(request, "staff/exams/new.html", {"form": form}, status=UNPROCESSABLE)
    return redirect("staff-exam-paper", version.exam_id)


def _made(form: NewExamForm, request: HttpRequest) -> ExamVersion | None:
    paper = form.cleaned_data["paper"]
    version = services.make_version(form.settings(), paper=paper, actor=roles.actor(request))
    try:
        drawn = tasks.render_paper(version.pk)
    except PaperRejected as error:
        discard_new(version)
        form.add_error("paper", error.words())
        return None
    words = _("The exam was made.")
    if drawn:
        pages = ngettext("%(count)s page was drawn.", "%(count)s pages were drawn.", drawn)
        words = f"{words} {pages % {'count': drawn}}"
    messages.success(request, words)
    return version


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def settings(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Change title, levels and campuses at once, and what belongs to the draft."""
    user = roles.actor(request)
    version = access.version(request, exam_id)
    initial = initial_of(version)
    if request.method != "POST":
        form = ExamForm(initial=initial, user=user, exam=version.exam)
        return render(
            request,
            "staff/exams/settings.html",
            editor.context(request, version, "settings", form=form),
        )
    form = ExamForm(request.POST, initial=initial, user=user, exam=version.exam)
    if form.is_valid():
        services.change_settings(version, form.settings(), user)
        messages.success(request, _("The settings were saved."))
        return editor.again(request, version, "settings")
    context = editor.context(request, version, "settings", form=form)
    return render(request, "staff/exams/settings.html", context, status=UNPROCESSABLE)
