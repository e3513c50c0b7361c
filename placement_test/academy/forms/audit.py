"""The record of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.academy import queries
from placement_test.academy.forms.fields import DayInput, Filters
from placement_test.academy.wording import action_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict


class AuditFilters(Filters):
    """Narrow the record by what was done, by whom and when."""

    action = forms.ChoiceField(label=_("Action"), required=False)
    actor = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    from_date = forms.DateField(label=_("From"), required=False, widget=DayInput())
    to_date = forms.DateField(label=_("To"), required=False, widget=DayInput())

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        # Once a page: a callable would ask the database for checking and for showing.
        actions, people = queries.audit_choices()
        self._offer("action", {name: action_words(name) for name in actions})
        self._offer("actor", people)

    def _offer(self, name: str, choices: Mapping[Any, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("All")), *choices.items()]
