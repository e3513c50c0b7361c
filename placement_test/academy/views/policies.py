"""Policies and the consent text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from placement_test.academy import queries
from placement_test.academy.forms.policies import ConsentForm, PolicyForm
from placement_test.academy.services import policies as services
from placement_test.errors import ChangedMeanwhile, NothingChanged
from placement_test.lib.access import Role, actor, requires
from placement_test.lib.pages import UNPROCESSABLE
from placement_test.models import ConsentText

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@requires(Role.DIRECTOR)
def policies(request: HttpRequest) -> HttpResponse:
    """Show and change what the academy asks, shows and allows."""
    form = PolicyForm(request.POST or None, instance=services.stored_academy())
    if form.is_valid():
        services.change_policies(actor(request), form.save(commit=False))
        messages.success(request, _("The policies are saved."))
        return redirect("staff-policies")
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "staff/academy/policies.html", {"form": form}, status=status)


@requires(Role.DIRECTOR)
def consent(request: HttpRequest) -> HttpResponse:
    """Show the consent text and make its next revision."""
    current = queries.current_consent()
    initial = {
        "base": current.number if current else 0,
        "korean": current.korean if current else "",
        "english": current.english if current else "",
    }
    form = ConsentForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            services.revise_consent(actor(request), **form.cleaned_data)
        except NothingChanged as error:
            form.add_error(None, error.words())
        except ChangedMeanwhile as error:
            # What was typed, so that saving once more builds on what is current by now.
            form = ConsentForm({**form.cleaned_data, "base": initial["base"]})
            form.full_clean()
            form.add_error(None, error.words())
        else:
            messages.success(request, _("The new consent text is shown from now on."))
            return redirect("staff-policy-consent")
    context = {
        "form": form,
        "current": current,
        "revisions": ConsentText.objects.select_related("made_by").order_by("-number")[:20],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "staff/academy/consent.html", context, status=status)


@requires(Role.DIRECTOR)
def consent_revision(request: HttpRequest, number: int) -> HttpResponse:
    """Show one revision of the consent text as families read it."""
    text = get_object_or_404(ConsentText.objects.select_related("made_by"), number=number)
    return render(request, "staff/academy/consent_revision.html", {"text": text})
