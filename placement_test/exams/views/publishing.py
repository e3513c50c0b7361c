"""What a draft lacks, and publishing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from placement_test.errors import VersionIncomplete
from placement_test.exams import access, services
from placement_test.exams.rules.numbers import format_numbers
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE
from placement_test.models import ExamVersion

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.exams.rules.completeness import Missing

WORDS = {
    "levels": gettext_lazy("It serves no level: no student would be given it."),
    "paper": gettext_lazy("It has neither a paper nor the text of every question."),
    "images": gettext_lazy("Some pages of the paper are not drawn yet."),
    "questions": gettext_lazy("It has no questions."),
    "points": gettext_lazy("No question gives any points."),
    "tracks": gettext_lazy("These tracks serve no question: %(about)s"),
    "key": gettext_lazy("These questions have no right answer yet: %(about)s"),
    "cuts": gettext_lazy("The cuts are missing."),
}


class Lack(NamedTuple):
    """One missing thing in words, and the page where it is mended."""

    words: str
    label: str
    url: str


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def publish(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show what is missing; a POST publishes the draft."""
    if request.method == "POST":
        return _publish(request, exam_id)
    return _shown(request, access.version(request, exam_id), 200)


def _publish(request: HttpRequest, exam_id: int) -> HttpResponse:
    draft = access.draft(request, exam_id)
    try:
        services.publish(draft, roles.actor(request))
    except VersionIncomplete as error:
        messages.error(request, error.words())
        return _shown(request, draft, UNPROCESSABLE)
    messages.success(request, _("Version %(number)s is published.") % {"number": draft.number})
    return redirect("staff-exam", exam_id)


def _shown(request: HttpRequest, version: ExamVersion, status: int) -> HttpResponse:
    is_draft = version.state == ExamVersion.State.DRAFT
    lacks = services.what_is_missing(version) if is_draft else ()
    context = editor.context(
        request, version, "publish", lacks=[_in_words(request, version, lack) for lack in lacks]
    )
    return render(request, "staff/exams/publish.html", context, status=status)


def _in_words(request: HttpRequest, version: ExamVersion, lack: Missing) -> Lack:
    about = ", ".join(lack.about) if lack.code == "tracks" else format_numbers(lack.about)
    return Lack(
        words=str(WORDS[lack.code]) % {"about": about},
        label=str(editor.STEPS[lack.step]),
        url=editor.url_of(request, version, lack.step),
    )
