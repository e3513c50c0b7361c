"""What staff type about students, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.academy.forms.fields import DayInput, Filters, NameField
from placement_test.lib import clock, private, sealed
from placement_test.students import queries
from placement_test.students.services import records
from placement_test.students.services.records import Identity, Kept

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from django.http import QueryDict

    from placement_test.models import Student, StudentSession

OLDEST_YEARS = 100
MOST_PHONE_DIGITS = 15  # E.164

THIS, OTHER = "this", "other"


class SearchForm(forms.Form):
    """Words to search students by; sent by POST, so that no address holds them."""

    words = forms.CharField(
        label=_("Search"), max_length=sealed.MOST_CHARACTERS, required=False, strip=True
    )


class StudentFilters(Filters):
    """The list of students; ``find`` holds sealed words."""

    find = forms.CharField(max_length=1000, required=False, widget=forms.HiddenInput)


class IdentityForm(forms.Form):
    """Who a student is."""

    name = NameField(label=_("Name"), max_length=60)
    birth_date = forms.DateField(label=_("Birth date"), required=False, widget=DayInput())
    phone = forms.CharField(
        label=_("Parent's phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    def clean_birth_date(self) -> dt.date | None:
        """Refuse a day to come and one more than a lifetime ago."""
        birth_date: dt.date | None = self.cleaned_data["birth_date"]
        if birth_date is None:
            return None
        today = clock.now().date()
        if birth_date > today or birth_date.year < today.year - OLDEST_YEARS:
            raise forms.ValidationError(_("Check the year of the birth date."))
        return birth_date

    def clean_phone(self) -> str:
        """Return the number's digits."""
        typed: str = self.cleaned_data["phone"]
        digits = private.digits(typed)
        is_number = queries.is_phone(typed) and len(digits) <= MOST_PHONE_DIGITS
        if typed and not is_number:
            raise forms.ValidationError(_("Type the whole phone number, such as 010-1234-5678."))
        return digits

    def identity(self) -> Identity:
        """Return what was typed, once valid."""
        return Identity(**self.cleaned_data)


class StudentForm(IdentityForm):
    """Correct a record.  The phone stays as it is unless it is typed anew or taken away."""

    remove_phone = forms.BooleanField(label=_("Remove the phone number"), required=False)

    def __init__(self, data: QueryDict | None, *, student: Student) -> None:
        self.student = student
        super().__init__(data, initial={"name": student.name, "birth_date": student.birth_date})
        masked = private.masked(records.phone_of(student))
        self.fields["phone"].help_text = (
            _("Now %(masked)s. Leave it empty to keep it.") % {"masked": masked} if masked else ""
        )
        if not masked:
            del self.fields["remove_phone"]

    def identity(self) -> Identity:
        """Return what the record shall say, once valid."""
        facts = self.cleaned_data
        kept = "" if facts.get("remove_phone") else records.phone_of(self.student)
        return Identity(facts["name"], facts["birth_date"], facts["phone"] or kept)


class MergeForm(forms.Form):
    """Which of two records gives name, birth date and phone."""

    name = forms.ChoiceField(label=_("Name"))
    birth_date = forms.ChoiceField(label=_("Birth date"))
    phone = forms.ChoiceField(label=_("Parent's phone"))

    def __init__(self, data: QueryDict | None, *, student: Student, other: Student) -> None:
        self.students = {THIS: student, OTHER: other}
        # What is known is kept by default, this record's where both know it.
        super().__init__(
            data,
            initial={
                "name": THIS,
                "birth_date": THIS if student.birth_date or not other.birth_date else OTHER,
                "phone": THIS if student.phone or not other.phone else OTHER,
            },
        )
        self._offer("name", student.name, other.name)
        self._offer("birth_date", student.birth_date, other.birth_date)
        self._offer("phone", *(private.masked(records.phone_of(of)) for of in (student, other)))

    def _offer(self, name: str, this: object, other: object) -> None:
        unknown = _("not known")
        field = forms.ChoiceField(
            label=self.fields[name].label,
            choices=[(THIS, this or unknown), (OTHER, other or unknown)],
            widget=forms.RadioSelect,
        )
        self.fields[name] = field

    def kept(self) -> Kept:
        """Return the choices, once valid."""
        return Kept(**{name: self.students[chosen] for name, chosen in self.cleaned_data.items()})


class SplitForm(IdentityForm):
    """Which sessions go to which record: a new one, or one of ``candidates``."""

    sessions = forms.MultipleChoiceField(
        label=_("Sessions to move"), widget=forms.CheckboxSelectMultiple
    )
    target = forms.ChoiceField(label=_("Move them to"), widget=forms.RadioSelect)
    field_order = ("sessions", "target", "name", "birth_date", "phone")

    def __init__(
        self,
        data: QueryDict | None,
        *,
        sessions: Collection[tuple[StudentSession, str]],
        candidates: Collection[tuple[Student, str]],
    ) -> None:
        self.candidates = {str(student.pk): student for student, _words in candidates}
        super().__init__(data, initial={"target": "new"})
        self.fields["sessions"].choices = [(str(row.pk), words) for row, words in sessions]  # type: ignore[attr-defined]
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            ("new", _("A new student")),
            *((str(student.pk), words) for student, words in candidates),
        ]
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        """Ask for a name where the target is new."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("target") == "new" and not cleaned.get("name") and "name" in cleaned:
            self.add_error("name", _("Type the new student's name."))
        return cleaned

    def to(self) -> Student | Identity:
        """Return where the sessions go, once valid."""
        facts = self.cleaned_data
        if facts["target"] == "new":
            return Identity(facts["name"], facts["birth_date"], facts["phone"])
        return self.candidates[facts["target"]]
