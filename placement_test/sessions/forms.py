"""What a student fills in: an access code, and the registration for a test event."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from placement_test.academy.rules import folded
from placement_test.curriculum.rules import HIGHEST_PERCENT, LOWEST_PERCENT
from placement_test.lib import private
from placement_test.lib.grades import grade_name
from placement_test.models import Academy
from placement_test.models.curriculum import FIRST_GRADE, LAST_GRADE
from placement_test.sessions.services import Registration

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from placement_test.models import ConsentText

# Korea's Personal Information Protection Act: below 14 a guardian agrees.
AGE_OF_OWN_CONSENT = 14
# Without a birth date: pupils of grade 7 turn 13 or 14 in that year.
LAST_GRADE_WITH_GUARDIAN = 7
LEAST_AGE = 4
MOST_AGE = 25
# Seoul landlines have 9 digits, foreign numbers up to 15.
PHONE_DIGITS = range(9, 16)

# The page's <datalist> of names to suggest.
SCHOOL_LIST = "schools"

# Django has this message too. Named here, it gets Korean words of ours, on every form: its own are
# too stiff for pupils.
REQUIRED = {"required": gettext_lazy("This field is required.")}

STUDENT = "student"
GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks for on this day: the academy's policies and the current revisions."""

    academy: Academy
    boundaries: Sequence[int]
    consent: ConsentText | None


class AccessCodeForm(forms.Form):
    """The code that opens a test event."""

    code = forms.CharField(
        label=gettext_lazy("Access code"),
        help_text=gettext_lazy("The letters that your teacher shows you."),
        error_messages=REQUIRED,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class ResumeForm(forms.Form):
    """The code with which a test goes on in this browser."""

    code = forms.CharField(
        label=gettext_lazy("Resume code"),
        help_text=gettext_lazy("Twelve letters and digits. Spaces, dashes and case do not matter."),
        error_messages=REQUIRED,
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    session = forms.UUIDField(widget=forms.HiddenInput, required=False)


class RegistrationForm(forms.Form):
    """A student's facts on the day of the test."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Your name as your school writes it."),
        error_messages=REQUIRED,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    grade = forms.TypedChoiceField(label=gettext_lazy("Grade"), coerce=int, error_messages=REQUIRED)
    rank = forms.TypedChoiceField(
        label=gettext_lazy("Place in class"),
        help_text=gettext_lazy("Among all pupils of your grade at school. An estimate is fine."),
        error_messages=REQUIRED,
        coerce=Decimal,
        widget=forms.RadioSelect,
    )
    school = forms.CharField(
        label=gettext_lazy("School"),
        help_text=gettext_lazy("Type a few letters and choose from the list."),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": SCHOOL_LIST}),
    )
    birth_date = forms.DateField(
        label=gettext_lazy("Birth date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("A parent's phone number"),
        help_text=gettext_lazy("The academy uses it to tell the result."),
        max_length=30,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"},
        ),
    )
    consent_id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    agrees = forms.BooleanField(
        label=gettext_lazy("I have read the text and agree to it."),
        error_messages={
            "required": gettext_lazy("Without this agreement the test cannot be taken.")
        },
    )
    consent_by = forms.ChoiceField(
        label=gettext_lazy("Who agrees?"),
        help_text=gettext_lazy("For students under 14 a parent or guardian has to agree."),
        error_messages=REQUIRED,
        choices=[
            (STUDENT, pgettext_lazy("who agrees", "The student")),
            (GUARDIAN, pgettext_lazy("who agrees", "A parent or guardian")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, asked: Asked, data: Any = None) -> None:
        super().__init__(data)
        self.asked = asked
        self._field("grade").choices = [("", _("Choose")), *_grades()]
        self._field("rank").choices = _bands(asked.boundaries)
        policies = {
            "school": asked.academy.ask_school,
            "birth_date": asked.academy.ask_birth_date,
            "phone": asked.academy.ask_phone,
        }
        for name, policy in policies.items():
            self.fields[name].required = policy == Academy.Asked.REQUIRED
            if policy == Academy.Asked.NO:
                del self.fields[name]
        if asked.consent is None:
            for name in ("consent_id", "agrees", "consent_by"):
                del self.fields[name]
        else:
            self.fields["consent_id"].initial = asked.consent.id

    def clean_name(self) -> str:
        """Return the name in one spelling."""
        name = folded(self.cleaned_data["name"])
        if not any(letter.isalpha() for letter in name):
            raise forms.ValidationError(_("Enter your name in letters."))
        return name

    def clean_school(self) -> str:
        """Return the school's name in one spelling."""
        return folded(self.cleaned_data["school"])

    def clean_birth_date(self) -> dt.date | None:
        """Refuse dates that are no student's."""
        born: dt.date | None = self.cleaned_data["birth_date"]
        if born is not None and not LEAST_AGE <= age(born, localdate()) <= MOST_AGE:
            raise forms.ValidationError(_("Check the birth date: year, month and day."))
        return born

    def clean_phone(self) -> str:
        """Refuse what has too few or too many digits for a phone number."""
        phone: str = self.cleaned_data["phone"].strip()
        if phone and len(private.digits(phone)) not in PHONE_DIGITS:
            raise forms.ValidationError(_("Enter a phone number such as 010-1234-5678."))
        return phone

    def clean(self) -> None:
        """Hold the agreement to the text that was shown, and to the student's age."""
        consent = self.asked.consent
        if consent is None:
            return
        if self.cleaned_data.get("consent_id") != consent.id:
            self.add_error("agrees", _("The text has been changed. Please read it once more."))
            shown = {name: value for name, value in self.data.items() if name != "agrees"}
            self.data = {**shown, "consent_id": str(consent.id)}
        if self.cleaned_data.get("consent_by") == STUDENT and self._needs_guardian():
            self.add_error(
                "consent_by", _("Under 14, a parent or guardian has to agree. Please ask one.")
            )

    def registration(self) -> Registration:
        """Return the checked facts."""
        facts = self.cleaned_data
        return Registration(
            name=facts["name"],
            grade=facts["grade"],
            rank_percent=facts["rank"],
            school_name=facts.get("school", ""),
            birth_date=facts.get("birth_date"),
            phone=facts.get("phone", ""),
            consent_id=self.asked.consent.id if self.asked.consent else None,
            consent_by=facts.get("consent_by", ""),
        )

    def _needs_guardian(self) -> bool:
        born = self.cleaned_data.get("birth_date")
        if born is not None:
            return age(born, localdate()) < AGE_OF_OWN_CONSENT
        grade: int | None = self.cleaned_data.get("grade")
        return grade is not None and grade <= LAST_GRADE_WITH_GUARDIAN

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        return field


def age(born: dt.date, day: dt.date) -> int:
    """Return the full years between birth and ``day``."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _grades() -> list[tuple[str, list[tuple[int, str]]]]:
    stages = [
        (_("Primary school"), range(FIRST_GRADE, 7)),
        (_("Middle school"), range(7, 10)),
        (_("High school"), range(10, LAST_GRADE + 1)),
    ]
    return [
        (stage, [(grade, _("Grade %(grade)s") % {"grade": grade_name(grade)}) for grade in grades])
        for stage, grades in stages
    ]


def _bands(boundaries: Sequence[int]) -> list[tuple[str, str]]:
    """Return each band's lower bound and its words, the best ranks first."""
    ends = [LOWEST_PERCENT, *boundaries, HIGHEST_PERCENT]
    return [(str(least), _band(least, most)) for least, most in itertools.pairwise(ends)]


def _band(least: int, most: int) -> str:
    facts = {"least": least, "most": most}
    if least == LOWEST_PERCENT and most == HIGHEST_PERCENT:
        return _("Any place")
    if least == LOWEST_PERCENT:
        return _("Top %(most)s%%") % facts
    if most == HIGHEST_PERCENT:
        return _("Below %(least)s%%") % facts
    return _("%(least)s-%(most)s%%") % facts
