"""Schools and campuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placement_test.academy.forms.fields import YES_NO, Filters, NameField, campus_field
from placement_test.models import Campus, School

if TYPE_CHECKING:
    from placement_test.models import StaffUser

    SchoolModelForm = forms.ModelForm[School]
    CampusModelForm = forms.ModelForm[Campus]
else:
    SchoolModelForm = CampusModelForm = forms.ModelForm

# 2,000 schools with long names: more than any city has.
MOST_PASTED = 100_000


class SchoolFilters(Filters):
    """The list of schools."""

    q = forms.CharField(label=_("Search"), max_length=80, required=False)
    stage = forms.ChoiceField(
        label=_("Stage"), choices=[("", _("All")), *School.Stage.choices], required=False
    )
    active = forms.ChoiceField(label=_("Suggested"), choices=YES_NO, required=False)


class SchoolForm(SchoolModelForm):
    """One school."""

    name = NameField(label=_("Name"), max_length=80)

    class Meta:
        model = School
        fields = ("name", "stage", "campus", "is_active")
        labels = {"is_active": _("Suggest it at registration")}

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campus"] = campus_field(user, also=self.instance.campus_id)
        self.fields["stage"] = forms.ChoiceField(label=_("Stage"), choices=School.Stage.choices)


class SchoolImportForm(forms.Form):
    """A pasted list of schools."""

    schools = forms.CharField(
        label=_("Schools"),
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_(
            "One school a line. Where the name does not tell the stage, add it after a comma or"
            " tab: primary, middle or high."
        ),
    )

    def __init__(self, *args: Any, user: StaffUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campus"] = campus_field(user)
        self.order_fields(["campus", "schools"])


class CampusForm(CampusModelForm):
    """One campus."""

    name = NameField(label=_("Name"), max_length=80)

    class Meta:
        model = Campus
        fields = ("name", "is_active")
        labels = {"is_active": _("In use")}
        help_texts = {
            "is_active": _("A campus out of use takes no registrations; its results stay.")
        }
