"""Programs, sub-programs and levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.academy.forms.fields import NameField
from placement_test.models import Level, Program, SubProgram
from placement_test.models.curriculum import FIRST_GRADE, LAST_GRADE

if TYPE_CHECKING:
    ProgramModelForm = forms.ModelForm[Program]
    SubProgramModelForm = forms.ModelForm[SubProgram]
else:
    ProgramModelForm = SubProgramModelForm = forms.ModelForm

MOST_NUMBER = 99


class ProgramForm(ProgramModelForm):
    """A program and the grades it serves."""

    name = NameField(label=_("Name"), max_length=40)
    first_grade = forms.IntegerField(
        label=_("From grade"), min_value=FIRST_GRADE, max_value=LAST_GRADE
    )
    last_grade = forms.IntegerField(
        label=_("To grade"), min_value=FIRST_GRADE, max_value=LAST_GRADE
    )

    class Meta:
        model = Program
        fields = ("name", "first_grade", "last_grade")

    def clean(self) -> dict[str, Any]:
        """Refuse a span of grades that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_grade"), cleaned.get("last_grade")
        if first and last and last < first:
            self.add_error("last_grade", _("The last grade is below the first."))
        return cleaned


class SubProgramForm(SubProgramModelForm):
    """A sub-program of a program that is given."""

    name = NameField(label=_("Name"), max_length=40)

    class Meta:
        model = SubProgram
        fields = ("name",)

    def clean_name(self) -> str:
        """Refuse a name that the program already has."""
        name: str = self.cleaned_data["name"]
        same = SubProgram.objects.filter(program=self.instance.program, name=name)
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("The program has a sub-program of this name."))
        return name


class LevelForm(forms.Form):
    """The number of a level inside its sub-program."""

    number = forms.IntegerField(label=_("Number"), min_value=1, max_value=MOST_NUMBER)

    def __init__(
        self, *args: Any, sub_program: SubProgram, level: Level | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.taken = Level.objects.filter(sub_program=sub_program)
        if level:
            self.taken = self.taken.exclude(pk=level.pk)

    def clean_number(self) -> int:
        """Refuse a number that the sub-program already has."""
        number: int = self.cleaned_data["number"]
        if self.taken.filter(number=number).exists():
            raise forms.ValidationError(_("The sub-program has a level of this number."))
        return number


class TierForm(forms.Form):
    """Where to put a level in the order of difficulty."""

    tier = forms.IntegerField(label=_("Tier"), min_value=1, max_value=9999)
