"""What staff do about the browser in which a test goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from placement_test.lib import pages
from placement_test.lib.access import Role, actor, requires
from placement_test.results import access
from placement_test.sessions import services
from placement_test.sessions.desk_forms import REASON_MOST

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from placement_test.models import StaffUser

SHOW, RENEW, TRANSFER = "show", "renew", "transfer"


class CodeForm(forms.Form):
    """What to do about a session's resume code."""

    action = forms.ChoiceField(choices=[(each, each) for each in (SHOW, RENEW, TRANSFER)])
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("For example: the computer broke down."),
        max_length=REASON_MOST,
        required=False,
    )

    def clean(self) -> dict[str, object]:
        """Ask for a reason where a browser loses the test."""
        given = super().clean() or {}
        if given.get("action") == TRANSFER and not given.get("reason"):
            self.add_error("reason", _("Give a reason."))
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Role.INVIGILATOR)
def session_code(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Show a session's resume code, make another one, or move the session: 1 query to show."""
    user = actor(request)
    session = access.session(user, session_id)
    form = CodeForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"session": session, "form": form}
    status = pages.UNPROCESSABLE if form.is_bound else 200
    if form.is_bound and form.is_valid():
        action = form.cleaned_data["action"]
        if action != SHOW:
            messages.success(request, _decide(session_id, user, form.cleaned_data))
            return redirect("staff-session-code", session_id)
        context |= {"is_shown": True, "code": services.show_code(session, user)}
        status = 200
    return render(request, "staff/sessions/code.html", context, status=status)


def _decide(session_id: uuid.UUID, user: StaffUser, given: dict[str, str]) -> str:
    if given["action"] == RENEW:
        services.renew_code(session_id, user)
        return _("The session has a new code. The old one is void.")
    services.transfer(session_id, user, reason=given["reason"])
    return _("The test goes on where the new code is entered, and only there.")
