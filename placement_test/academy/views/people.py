"""Accounts of staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from placement_test.academy import access, queries
from placement_test.academy.forms.fields import truth
from placement_test.academy.forms.people import AccountForm, PeopleFilters
from placement_test.academy.services import people as services
from placement_test.errors import LastManager
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, requires

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import StaffUser

ORDERS = {"name": "display_name", "username": "username", "role": "role", "login": "last_login"}


@requires(Role.DIRECTOR)
def person_list(request: HttpRequest) -> HttpResponse:
    """List all accounts: 3 queries beside login."""
    filters = PeopleFilters(request.GET)
    given = filters.given()
    found = queries.staff(
        words=given["q"] or "", role=given["role"] or "", active=truth(given["active"])
    )
    labels = {
        "name": _("Name"),
        "username": _("User name"),
        "role": _("Role"),
        "campuses": _("Campuses"),
        "login": _("Last login"),
        "active": _("State"),
    }
    context = {
        "page_obj": pages.page(request, pages.ordered(request, found, by=ORDERS, default="name")),
        "columns": pages.columns(request, labels, by=ORDERS, default="name"),
        "filters": filters,
        "querystring": pages.querystring(request),
    }
    return render(request, "staff/academy/people.html", context)


@never_cache
@requires(Role.DIRECTOR)
def new_person(request: HttpRequest) -> HttpResponse:
    """Make an account and show its password, once."""
    user = actor(request)
    form = AccountForm(request.POST or None, actor=user)
    if form.is_valid():
        made, password = services.create_account(user, form.account())
        return _show_password(request, made, password)
    return pages.form_page(
        request, form, title=_("New account"), back=_to_list(), submit=_("Create account")
    )


@requires(Role.DIRECTOR)
def edit_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change an account, or see why it may not be changed."""
    user = actor(request)
    found = access.person(user, person_id)
    form = AccountForm(request.POST or None, actor=user, person=found)
    if form.is_valid():
        try:
            services.change_account(user, found, form.account())
        except LastManager as error:
            form.add_error(None, error.words())
        else:
            messages.success(request, _("The account is saved."))
            return redirect("staff-people")
    context = {"form": form, "person": found}
    status = pages.UNPROCESSABLE if form.errors else 200
    return render(request, "staff/academy/person.html", context, status=status)


@never_cache
@requires(Role.DIRECTOR)
@require_POST
def reset_password(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give an account a new password and show it, once."""
    user = actor(request)
    found = access.person(user, person_id)
    return _show_password(request, found, services.reset_password(user, found))


def _show_password(request: HttpRequest, person: StaffUser, password: str) -> HttpResponse:
    # No redirect: the password may stand in no address, cookie or table.
    context = {"person": person, "password": password}
    return render(request, "staff/academy/password_once.html", context)


def _to_list() -> pages.Link:
    return pages.Link(_("Staff"), reverse("staff-people"))
