"""Cuts: from which percentage a score moves a student by how many levels."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from placement_test.curriculum.rules import LARGEST_STEP, Cut, cut_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CUTS = 12
WORDS = {
    "no_cuts": _("Enter at least one line."),
    "first_cut_not_zero": _("The first line has to begin at 0 %."),
    "cuts_not_ascending": _("Each line has to begin at a higher percentage than the one before."),
    "steps_fall": _("A higher score may not lead to a lower level."),
    "percent_out_of_range": _("Percentages lie between 0 and 100."),
    "step_too_large": _("A line moves a student too far."),
}


def step_words(step: int) -> str:
    """Return in plain words what a step does."""
    if step == 0:
        return str(_("the level stays"))
    names = {-1: _("one level down"), 1: _("one level up")}
    if step in names:
        return str(names[step])
    many = _("%(count)s levels up") if step > 0 else _("%(count)s levels down")
    return str(many) % {"count": abs(step)}


def _step_choices() -> list[tuple[int, str]]:
    return [(step, step_words(step)) for step in range(-LARGEST_STEP, LARGEST_STEP + 1)]


class CutForm(forms.Form):
    """One line."""

    from_percent = forms.DecimalField(
        label=_("From percent"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "1"}),
    )
    step = forms.TypedChoiceField(label=_("What happens"), choices=_step_choices, coerce=int)


if TYPE_CHECKING:
    CutForms = BaseFormSet[CutForm]
else:
    # Django's class takes its type in brackets for the type checker only.
    CutForms = BaseFormSet


class BaseCutFormSet(CutForms):
    """All lines; in the order of their percentages."""

    def add_fields(self, form: CutForm, index: int | None) -> None:
        """Propose that the level stays."""
        super().add_fields(form, index)
        form.fields["step"].initial = 0

    def clean(self) -> None:
        """Refuse cuts that cannot be used."""
        if any(self.errors):
            return
        if problems := cut_problems(self.cuts()):
            raise forms.ValidationError([WORDS[problem] for problem in problems])

    def cuts(self) -> list[Cut]:
        """Return what the valid forms say, lowest first."""
        said = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data.get("from_percent") is not None
            and not form.cleaned_data.get("DELETE")
        ]
        cuts = [Cut(line["from_percent"], line["step"]) for line in said]
        return sorted(cuts, key=lambda cut: cut.from_percent)


def cut_formset(
    current: Sequence[Cut], data: Any = None, *, with_empty: bool = False
) -> BaseCutFormSet:
    """Return the form of the cuts."""
    made = formset_factory(
        CutForm,
        formset=BaseCutFormSet,
        extra=1 if with_empty else 0,
        can_delete=True,
        max_num=MOST_CUTS,
        absolute_max=MOST_CUTS,
        validate_max=True,
    )
    initial = [
        {"from_percent": f"{cut.from_percent.normalize():f}", "step": cut.step} for cut in current
    ]
    return made(data, initial=initial, prefix="cuts")  # type: ignore[return-value]
