"""Log in, log out, change one's password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _

from placement_test.lib import audit
from placement_test.lib.access import actor
from placement_test.lib.pages import UNPROCESSABLE, Link

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
    from django.http import HttpResponse


class Login(auth.LoginView):
    """Staff log in by user name and password; too many wrong tries wait (django-axes)."""

    template_name = "staff/login.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say what is wrong, as 422."""
        response = super().form_invalid(form)
        response.status_code = UNPROCESSABLE
        return response


class PasswordChange(auth.PasswordChangeView):
    """Change one's own password; other browsers are logged out."""

    template_name = "staff/academy/form.html"
    success_url = reverse_lazy("staff-home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save it, and record that it changed."""
        response = super().form_valid(form)
        person = actor(self.request)
        audit.record(person, "password changed", person)
        messages.success(self.request, _("Your password is changed."))
        return response

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        """Say what is wrong, as 422."""
        response = super().form_invalid(form)
        response.status_code = UNPROCESSABLE
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the form page its words."""
        return super().get_context_data(
            **kwargs,
            title=_("Change password"),
            back=Link(_("Home"), reverse("staff-home")),
            submit=_("Change password"),
        )
