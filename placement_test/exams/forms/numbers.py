"""A field for question numbers such as ``1-3, 5``."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.exams.rules.numbers import NumbersInvalid, parse_numbers

WORDS = {
    "unreadable": _("“%(piece)s” is no question number. Write numbers like 1-30, 31a."),
    "order": _("“%(piece)s” runs backwards. Write the smaller number first."),
    "twice": _("Number %(piece)s stands twice."),
    "many": _("“%(piece)s” makes too many questions."),
}


class NumbersField(forms.CharField):
    """Question numbers; its value is a tuple in the order written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Allow a line as long as any paper needs."""
        super().__init__(*args, max_length=400, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the numbers."""
        text = super().clean(value)
        try:
            numbers = parse_numbers(text)
        except NumbersInvalid as error:
            raise forms.ValidationError(
                WORDS[error.reason], code=error.reason, params={"piece": error.piece}
            ) from error
        if self.required and not numbers:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return numbers
