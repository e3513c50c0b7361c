"""Accounts of staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from placement_test.academy.access import roles_to_give
from placement_test.academy.forms.fields import YES_NO, Filters, NameField, RowsField
from placement_test.academy.services.people import Account, account_of
from placement_test.lib.access import Role
from placement_test.models import Campus, StaffUser

if TYPE_CHECKING:
    from django.http import QueryDict


class PeopleFilters(Filters):
    """The list of accounts."""

    q = forms.CharField(label=_("Search"), max_length=80, required=False)
    role = forms.ChoiceField(
        label=_("Role"), choices=[("", _("All")), *Role.choices], required=False
    )
    active = forms.ChoiceField(label=_("May log in"), choices=YES_NO, required=False)


class AccountForm(forms.Form):
    """One account; ``actor`` gives roles up to the own one."""

    display_name = NameField(
        label=_("Name shown"), max_length=60, help_text=_("As colleagues read it.")
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text=_("For logging in: letters, digits and @ . + - _ only."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(label=_("Role"))
    campuses = RowsField(
        Campus.objects.filter(is_active=True),
        label=_("Campuses"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Directors and administrators see every campus."),
    )
    is_active = forms.BooleanField(label=_("May log in"), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        actor: StaffUser,
        person: StaffUser | None = None,
    ) -> None:
        self.person = person
        new = {"is_active": True, "role": Role.TEACHER}
        super().__init__(data, initial=account_of(person).facts() if person else new)
        roles = [(role.value, role.label) for role in roles_to_give(actor)]
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"), choices=roles, widget=forms.RadioSelect
        )

    def clean_username(self) -> str:
        """Refuse a user name that another account has, in any case of letters."""
        username: str = self.cleaned_data["username"]
        same = StaffUser.objects.filter(username__iexact=username)
        if (same.exclude(pk=self.person.pk) if self.person else same).exists():
            raise forms.ValidationError(_("Another account has this user name."))
        return username

    def clean(self) -> dict[str, Any]:
        """Ask for a campus where the role works on campuses."""
        cleaned = super().clean() or self.cleaned_data
        works_on_campuses = cleaned.get("role") in {Role.INVIGILATOR, Role.TEACHER}
        if works_on_campuses and not cleaned.get("campuses"):
            self.add_error("campuses", _("Choose at least one campus."))
        return cleaned

    def account(self) -> Account:
        """Return what was typed, once valid."""
        return Account(
            username=self.cleaned_data["username"],
            display_name=self.cleaned_data["display_name"],
            role=self.cleaned_data["role"],
            is_active=self.cleaned_data["is_active"],
            campuses=list(self.cleaned_data["campuses"]),
        )
