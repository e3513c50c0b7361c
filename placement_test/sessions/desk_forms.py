"""What staff fill in about the time of sessions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import QueryDict

    from placement_test.models import StudentSession

# Longer than any test.
MOST_MINUTES = 240
# As long as the column that keeps it.
REASON_MOST = 200

GIVE, PAUSE, GO_ON, END, REOPEN = "give", "pause", "go-on", "end", "reopen"
WORDS = {
    GIVE: _("Give time"),
    PAUSE: _("Stop the clock"),
    GO_ON: _("Let the clock go on"),
    END: _("End the test now"),
    REOPEN: _("Open the test again"),
}
NEEDS_MINUTES = {GIVE, REOPEN}


def possible(session: StudentSession, *, is_teacher: bool) -> list[str]:
    """Return what can be done about the time of a session in its state."""
    if session.ended_at is not None:
        return [REOPEN] if is_teacher else []
    if session.started_at is None:
        return []
    return [GIVE, GO_ON if session.paused_at else PAUSE, END]


class TimeForm(forms.Form):
    """What to do, how many minutes where it needs some, and why."""

    action = forms.ChoiceField(label=_("What to do"), widget=forms.RadioSelect)
    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=-MOST_MINUTES,
        max_value=MOST_MINUTES,
        help_text=_("How much more time. A number below 0 takes time away."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_MOST,
        help_text=_("Stays in the history of this session."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, actions: Sequence[str]) -> None:
        super().__init__(data, initial={"key": uuid.uuid4(), "action": (*actions, "")[0]})
        field = self.fields["action"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(name, WORDS[name]) for name in actions]

    def clean(self) -> dict[str, object]:
        """Ask for minutes where the action needs them."""
        given = self.cleaned_data
        action, minutes = given.get("action"), given.get("minutes")
        if "minutes" not in self.errors:
            if action in NEEDS_MINUTES and not minutes:
                self.add_error("minutes", _("Enter how many minutes."))
            elif action == REOPEN and minutes and minutes < 0:
                self.add_error("minutes", _("Enter a number above 0."))
        return given
