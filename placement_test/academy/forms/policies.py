"""Policies and the consent text."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from placement_test.academy.forms.fields import NameField
from placement_test.models import Academy

if TYPE_CHECKING:
    Form = forms.ModelForm[Academy]
else:
    Form = forms.ModelForm

MOST_LEVEL_CHANGES = 10
MOST_LEVEL_CHANGE_MINUTES = 480
MOST_CONSENT_CHARACTERS = 10_000


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone) for zone in sorted(zoneinfo.available_timezones()) if zone != "localtime"]


class PolicyForm(Form):
    """What the academy asks, shows and allows."""

    name = NameField(label=_("Academy's name"), max_length=100)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zones, help_text=_("Days and hours on every page follow it.")
    )
    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    level_changes = forms.IntegerField(
        label=_("Easier or harder tests allowed"), min_value=0, max_value=MOST_LEVEL_CHANGES
    )
    level_change_minutes = forms.IntegerField(
        label=_("Allowed until this many minutes after the start"),
        min_value=0,
        max_value=MOST_LEVEL_CHANGE_MINUTES,
    )

    class Meta:
        model = Academy
        fields = (
            "name",
            "time_zone",
            "locale",
            "ask_birth_date",
            "ask_phone",
            "ask_school",
            "shown_result",
            "level_changes",
            "level_change_minutes",
        )
        labels = {
            "ask_birth_date": _("Birth date"),
            "ask_phone": _("Parent's phone"),
            "ask_school": _("School"),
            "shown_result": _("What student and parent see"),
        }
        widgets = {
            "ask_birth_date": forms.RadioSelect,
            "ask_phone": forms.RadioSelect,
            "ask_school": forms.RadioSelect,
            "shown_result": forms.RadioSelect,
        }


class ConsentForm(forms.Form):
    """Both languages of the consent text, and the revision that was edited."""

    base = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    korean = forms.CharField(
        label=_("Korean text"),
        max_length=MOST_CONSENT_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 12, "lang": "ko"}),
    )
    english = forms.CharField(
        label=_("English text"),
        max_length=MOST_CONSENT_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 12, "lang": "en"}),
    )
