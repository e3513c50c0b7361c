"""Questions in bulk by section, changes to some of them, and one question with its parts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from placement_test.exams.forms.numbers import NumbersField
from placement_test.exams.rules import outline as rules
from placement_test.exams.rules.numbers import NUMBER, format_numbers
from placement_test.models import Part, Section
from placement_test.models.exams import LABEL_STYLES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST_SECTIONS = 20
AS_IT_IS = ("", _("As it is"))
MOST_POINTS = Decimal(1000)


def plain(points: Decimal) -> str:
    """Return points without idle zeros: 2.5, 10."""
    return f"{points.normalize():f}"


def _points(*, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Points each"),
        min_value=Decimal(0),
        max_value=MOST_POINTS,
        decimal_places=2,
        required=required,
        widget=forms.NumberInput(attrs={"step": "0.25"}),
    )


def _options(*, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Options"),
        min_value=rules.FEWEST_OPTIONS,
        max_value=rules.MOST_OPTIONS,
        required=required,
    )


class SectionForm(forms.Form):
    """One section: its numbers and what its questions are like."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Section"), max_length=80)
    skill = forms.ChoiceField(label=_("Skill"), choices=Section.Skill.choices)
    numbers = NumbersField(label=_("Question numbers"))
    kind = forms.ChoiceField(label=_("Kind"), choices=Part.Kind.choices)
    option_count = _options()
    points = _points()

    def row(self, *, options: int, minutes: int | None) -> rules.SectionRow:
        """Return what the valid form says; ``options`` where it names no count."""
        said = self.cleaned_data
        return rules.SectionRow(
            title=said["title"],
            skill=said["skill"],
            numbers=said["numbers"],
            usual=rules.Usual(
                kind=said["kind"],
                option_count=said["option_count"] or options,
                points=said["points"],
            ),
            minutes=minutes,
            id=said["id"],
        )


if TYPE_CHECKING:
    SectionForms = BaseFormSet[SectionForm]
else:
    # Django's class takes its type in brackets for the type checker only.
    SectionForms = BaseFormSet


class BaseSectionFormSet(SectionForms):
    """The sections of a version; no number may stand twice."""

    options = 5

    def add_fields(self, form: SectionForm, index: int | None) -> None:
        """Propose what most sections are like, also for rows that a browser adds."""
        super().add_fields(form, index)
        form.fields["skill"].initial = Section.Skill.READING
        form.fields["kind"].initial = Part.Kind.CHOICE
        form.fields["option_count"].initial = self.options
        form.fields["points"].initial = 1

    def clean(self) -> None:
        """Refuse a number that two sections have."""
        if any(self.errors):
            return
        seen: set[str] = set()
        for form in self.kept():
            numbers: tuple[str, ...] = form.cleaned_data["numbers"]
            twice = [number for number in numbers if number in seen]
            if twice:
                form.add_error(
                    "numbers",
                    forms.ValidationError(
                        _("These numbers stand in another section already: %(numbers)s"),
                        params={"numbers": format_numbers(twice)},
                    ),
                )
            seen.update(numbers)

    def kept(self) -> list[SectionForm]:
        """Return the filled forms that are not to be deleted."""
        return [
            form
            for form in self.forms
            if form.cleaned_data.get("numbers") and not form.cleaned_data.get("DELETE")
        ]

    def rows(self, current: Sequence[rules.SectionPlan], *, options: int) -> list[rules.SectionRow]:
        """Return what the valid forms say."""
        minutes = {section.id: section.minutes for section in current}
        return [
            form.row(options=options, minutes=minutes.get(form.cleaned_data["id"]))
            for form in self.kept()
        ]


def section_formset(
    current: Sequence[rules.SectionPlan],
    data: Any = None,
    *,
    options: int,
    with_empty: bool = False,
) -> BaseSectionFormSet:
    """Return the form of all sections, with an empty one where there is none yet."""
    made = formset_factory(
        SectionForm,
        formset=BaseSectionFormSet,
        extra=0 if current and not with_empty else 1,
        can_delete=True,
        max_num=MOST_SECTIONS,
        absolute_max=MOST_SECTIONS,
        validate_max=True,
    )
    initial = [_section_initial(section, options) for section in current]
    formset = made(data, initial=initial, prefix="sections")
    formset.options = options  # type: ignore[attr-defined]
    return formset  # type: ignore[return-value]


def _section_initial(section: rules.SectionPlan, options: int) -> dict[str, object]:
    usual = rules.usual(section, options=options)
    return {
        "id": section.id,
        "title": section.title,
        "skill": section.skill,
        "numbers": format_numbers(question.number for question in section.questions),
        "kind": usual.kind,
        "option_count": usual.option_count,
        "points": plain(usual.points),
    }


class ChangeForm(forms.Form):
    """What to change about some questions; what stays empty stays as it is."""

    numbers = NumbersField(label=_("Questions"), help_text=_("For example 5, 8-10"))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[AS_IT_IS, *Part.Kind.choices], required=False
    )
    option_count = _options()
    points = _points(required=False)
    label_style = forms.ChoiceField(
        label=_("Option labels"), choices=[AS_IT_IS, *LABEL_STYLES], required=False
    )
    page = forms.IntegerField(label=_("Page"), min_value=1, max_value=400, required=False)

    def __init__(self, *args: Any, known: Collection[str], **kwargs: Any) -> None:
        """Take the numbers that there are."""
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_numbers(self) -> tuple[str, ...]:
        """Refuse numbers that the exam does not have."""
        numbers: tuple[str, ...] = self.cleaned_data["numbers"]
        if unknown := [number for number in numbers if number not in self.known]:
            raise forms.ValidationError(
                _("This exam has no question %(numbers)s."),
                params={"numbers": format_numbers(unknown)},
            )
        return numbers

    def change(self) -> rules.Change:
        """Return what the valid form says."""
        said = self.cleaned_data
        return rules.Change(
            kind=said["kind"] or None,
            option_count=said["option_count"],
            points=said["points"],
            label_style=said["label_style"] or None,
            page=said["page"],
        )


class QuestionForm(forms.Form):
    """One question, apart from its parts."""

    number = forms.RegexField(
        NUMBER,
        label=_("Number as printed"),
        max_length=8,
        error_messages={"invalid": _("Letters and digits only, such as 17 or 17a.")},
    )
    page = forms.IntegerField(
        label=_("Page of the paper"), min_value=1, max_value=400, required=False
    )
    label_style = forms.ChoiceField(
        label=_("Option labels"), choices=[("", _("As the exam")), *LABEL_STYLES], required=False
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Only where the question does not stand on the paper."),
    )

    def __init__(self, *args: Any, others: Collection[str], **kwargs: Any) -> None:
        """Take the numbers of all other questions."""
        super().__init__(*args, **kwargs)
        self.others = others

    def clean_number(self) -> str:
        """Refuse the number of another question."""
        number: str = self.cleaned_data["number"]
        if not NUMBER.fullmatch(number):
            raise forms.ValidationError(_("Letters and digits only, such as 17 or 17a."))
        if number in self.others:
            raise forms.ValidationError(_("Another question has this number already."))
        return number


class PartForm(forms.Form):
    """One part of a question."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Kind"), choices=Part.Kind.choices)
    label = forms.CharField(label=_("Label"), max_length=20, required=False)
    option_count = _options()
    points = _points()

    def clean(self) -> dict[str, Any]:
        """Ask for a count of options where there are some."""
        said = super().clean() or {}
        if said.get("kind") in rules.PICKED and not said.get("option_count"):
            self.add_error("option_count", _("Say how many options there are."))
        return said

    def plan(self) -> rules.PartPlan:
        """Return what the valid form says."""
        said = self.cleaned_data
        return rules.PartPlan(
            kind=said["kind"],
            points=said["points"],
            option_count=said["option_count"] if said["kind"] in rules.PICKED else 0,
            label=said["label"],
            id=said["id"],
        )


if TYPE_CHECKING:
    PartForms = BaseFormSet[PartForm]
else:
    # Django's class takes its type in brackets for the type checker only.
    PartForms = BaseFormSet


class BasePartFormSet(PartForms):
    """The parts of one question: at least one."""

    def add_fields(self, form: PartForm, index: int | None) -> None:
        """Propose a blank: what questions have several of."""
        super().add_fields(form, index)
        form.fields["kind"].initial = Part.Kind.SHORT

    def clean(self) -> None:
        """Refuse a question without any part."""
        if not any(self.errors) and not self.plans():
            raise forms.ValidationError(_("A question has at least one part."))

    def plans(self) -> tuple[rules.PartPlan, ...]:
        """Return what the valid forms say."""
        return tuple(
            form.plan()
            for form in self.forms
            if form.cleaned_data.get("kind") and not form.cleaned_data.get("DELETE")
        )


def part_formset(question: rules.QuestionPlan, data: Any = None) -> BasePartFormSet:
    """Return the form of a question's parts."""
    made = formset_factory(
        PartForm,
        formset=BasePartFormSet,
        extra=1,
        can_delete=True,
        max_num=rules.MOST_PARTS,
        absolute_max=rules.MOST_PARTS,
        validate_max=True,
    )
    initial = [
        {
            "id": part.id,
            "kind": part.kind,
            "label": part.label,
            "option_count": part.option_count or None,
            "points": plain(part.points),
        }
        for part in question.parts
    ]
    return made(data, initial=initial, prefix="parts")  # type: ignore[return-value]
