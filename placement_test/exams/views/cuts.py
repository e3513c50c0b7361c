"""The cuts of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from placement_test.exams import access
from placement_test.exams.forms import cuts as forms
from placement_test.exams.services import cuts as services
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from placement_test.curriculum.rules import Cut


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def cuts(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show and save the cuts; where there are none, the usual ones are proposed."""
    is_post = request.method == "POST"
    version = (access.draft if is_post else access.version)(request, exam_id)
    stored = services.current_cuts(version.pk)
    formset = forms.cut_formset(
        stored or services.USUAL_CUTS,
        request.POST if is_post else None,
        with_empty="more" in request.GET,
    )
    if is_post and formset.is_valid():
        services.save_cuts(version, formset.cuts(), roles.actor(request))
        messages.success(request, _("The cuts were saved."))
        return editor.again(request, version, "cuts")
    context = editor.context(
        request, version, "cuts", formset=formset, stored=_in_words(stored), proposed=not stored
    )
    return render(
        request, "staff/exams/cuts.html", context, status=UNPROCESSABLE if is_post else 200
    )


def _in_words(cuts: Sequence[Cut]) -> list[str]:
    """Return each cut as a sentence such as "below 40 %: one level down"."""
    lines = []
    for at, cut in enumerate(cuts):
        percent = services.plain_percent(cut.from_percent)
        facts = {"percent": percent, "step": forms.step_words(cut.step)}
        if at == 0 and len(cuts) > 1:
            facts["percent"] = services.plain_percent(cuts[1].from_percent)
            lines.append(_("below %(percent)s %%: %(step)s") % facts)
        else:
            lines.append(_("from %(percent)s %%: %(step)s") % facts)
    return lines
