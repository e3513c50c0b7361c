"""The record of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.academy import queries
from placement_test.academy.forms.fields import DayInput, Filters
from placement_test.academy.wording import action_words
from placement_test.models import StaffUser

if TYPE_CHECKING:
    from django.http import QueryDict


class AuditFilters(Filters):
    """Narrow the record by what was done, by whom and when."""

    action = forms.ChoiceField(label=_("Action"), required=False)
    actor = forms.ModelChoiceField(
        StaffUser.objects.order_by("display_name"),
        label=_("Who"),
        required=False,
        empty_label=_("All"),
    )
    from_date = forms.DateField(label=_("From"), required=False, widget=DayInput())
    to_date = forms.DateField(label=_("To"), required=False, widget=DayInput())

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        # Once a page: a callable would ask the database for checking and for showing.
        actions = [(name, action_words(name)) for name in queries.audit_actions()]
        self.fields["action"] = forms.ChoiceField(
            label=_("Action"), choices=[("", _("All")), *actions], required=False
        )
