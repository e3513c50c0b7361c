"""Test events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.academy import rules
from placement_test.academy.forms.fields import Filters, MomentInput, NameField, campus_field
from placement_test.models import TestEvent

if TYPE_CHECKING:
    from placement_test.models import StaffUser

    Form = forms.ModelForm[TestEvent]
else:
    Form = forms.ModelForm

STATES = [
    ("", _("All")),
    ("open", _("Open")),
    ("upcoming", _("Upcoming")),
    ("ended", _("Ended")),
]
# A whole province's pupils; more is a slip of the finger.
MOST_STUDENTS = 100_000


class EventFilters(Filters):
    """The list of test events."""

    q = forms.CharField(label=_("Search"), max_length=80, required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)


class EventForm(Form):
    """One test event; an empty access code asks for a fresh one."""

    name = NameField(label=_("Name"), max_length=80)
    access_code = forms.CharField(
        label=_("Access code"),
        # With the spaces that people put in between.
        max_length=2 * rules.MOST_CODE_LENGTH,
        required=False,
        help_text=_("Students type it to register. Leave it empty to have one made."),
    )
    expected_students = forms.IntegerField(
        label=_("Expected students"), min_value=0, max_value=MOST_STUDENTS, initial=0
    )

    class Meta:
        model = TestEvent
        fields = (
            "name",
            "campus",
            "opens_at",
            "closes_at",
            "access_code",
            "expected_students",
            "is_listed",
        )
        labels = {
            "opens_at": _("Opens"),
            "closes_at": _("Closes"),
            "is_listed": _("Show on the welcome page"),
        }
        help_texts = {
            "closes_at": _("Leave it empty for a walk-in event without an end."),
            "is_listed": _("Students can choose it there without a code."),
        }
        widgets = {"opens_at": MomentInput(), "closes_at": MomentInput()}

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campus"] = campus_field(user, also=self.instance.campus_id)

    def clean_access_code(self) -> str:
        """Return the code as it is stored."""
        typed: str = self.cleaned_data["access_code"]
        code = rules.access_code(typed)
        if code and not rules.is_access_code(code):
            raise forms.ValidationError(
                _("Use %(least)s to %(most)s letters and digits."),
                params={"least": rules.LEAST_CODE_LENGTH, "most": rules.MOST_CODE_LENGTH},
            )
        taken = TestEvent.objects.filter(access_code=code).exclude(pk=self.instance.pk)
        if code and taken.exists():
            raise forms.ValidationError(_("Another test event has this access code."))
        return code

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        cleaned = super().clean() or self.cleaned_data
        opens_at, closes_at = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", _("The end has to be after the beginning."))
        return cleaned
