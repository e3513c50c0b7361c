"""Fields that several areas ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from placement_test.academy.rules import folded
from placement_test.lib import access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from placement_test.models import Campus, StaffUser

# The digits that every 64-bit number has room for.
LONGEST_ID = 18
YES_NO = [("", _("All")), ("yes", _("Yes")), ("no", _("No"))]


class NameField(forms.CharField):
    """A name in one spelling: composed letters and single spaces."""

    def clean(self, value: Any) -> str:
        """Return the folded name."""
        return str(super().clean(folded(value) if isinstance(value, str) else value))


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Rows chosen by id; a number that no database holds is an unknown row, not an accident."""

    def clean(self, value: Any) -> Any:
        """Return the rows."""
        for text in value or ():
            if len(str(text)) > LONGEST_ID:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(text)[:LONGEST_ID]},
                )
        return super().clean(value)


class LoadedRowsField(forms.TypedMultipleChoiceField):
    """Rows chosen by id, out of rows that the form has loaded."""

    def offer(self, rows: Iterable[Model]) -> None:
        """Let ``rows`` be chosen."""
        found = {str(row.pk): row for row in rows}
        self.choices = [(key, str(row)) for key, row in found.items()]
        self.coerce = found.__getitem__


class DayInput(forms.DateInput):
    """A calendar field; browsers want and send ISO dates whatever the page's language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A field of day and time in the academy's zone, to the minute."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class Filters(forms.Form):
    """What a list is narrowed by; a filter that cannot be read narrows nothing."""

    def given(self) -> dict[str, Any]:
        """Return the value of every filter, empty ones and unreadable ones as their empty value."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in self.fields}

    def is_narrowed(self) -> bool:
        """Return whether any filter is set."""
        return any(self.given().values())


def campus_field(user: StaffUser, *, also: int | None = None) -> forms.ModelChoiceField[Campus]:
    """Return a choice of the campuses in use of ``user``, and of the one with the id ``also``."""
    chosen = access.campuses(user).filter(Q(is_active=True) | Q(pk=also))
    return forms.ModelChoiceField(chosen, label=_("Campus"), empty_label=None)


def truth(chosen: str | None) -> bool | None:
    """Return what a choice of ``YES_NO`` means."""
    return {"yes": True, "no": False}.get(chosen or "")
