"""Schools and campuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from placement_test.academy import access, queries
from placement_test.academy.forms.fields import truth
from placement_test.academy.forms.schools import (
    CampusForm,
    SchoolFilters,
    SchoolForm,
    SchoolImportForm,
)
from placement_test.academy.services import schools as services
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, campuses, requires

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ORDERS = {"name": "name", "stage": "stage", "campus": "campus__name"}


@requires(Role.TEACHER)
def school_list(request: HttpRequest) -> HttpResponse:
    """List the schools of the reader's campuses: 2 queries beside login."""
    filters = SchoolFilters(request.GET)
    given = filters.given()
    found = queries.schools(
        access.schools(actor(request)),
        words=given["q"] or "",
        stage=given["stage"] or "",
        active=truth(given["active"]),
    )
    labels = {
        "name": _("Name"),
        "stage": _("Stage"),
        "campus": _("Campus"),
        "active": _("Suggested at registration"),
    }
    context = {
        "page_obj": pages.page(request, pages.ordered(request, found, by=ORDERS, default="name")),
        "columns": pages.columns(request, labels, by=ORDERS, default="name"),
        "filters": filters,
        "querystring": pages.querystring(request),
    }
    return render(request, "staff/academy/schools.html", context)


@requires(Role.TEACHER)
def new_school(request: HttpRequest) -> HttpResponse:
    """Add a school."""
    user = actor(request)
    form = SchoolForm(request.POST or None, user=user)
    if form.is_valid():
        services.create_school(user, form.save(commit=False))
        messages.success(request, _("The school is added."))
        return redirect("staff-schools")
    return pages.form_page(
        request, form, title=_("New school"), back=_to_schools(), submit=_("Add school")
    )


@requires(Role.TEACHER)
def edit_school(request: HttpRequest, school_id: int) -> HttpResponse:
    """Change a school."""
    user = actor(request)
    found = access.school(user, school_id)
    form = SchoolForm(request.POST or None, instance=found, user=user)
    if form.is_valid():
        services.change_school(user, form.save(commit=False))
        messages.success(request, _("The school is saved."))
        return redirect("staff-schools")
    return pages.form_page(request, form, title=_("Edit school"), back=_to_schools())


@requires(Role.TEACHER)
@require_POST
def suggest_school(request: HttpRequest, school_id: int) -> HttpResponse:
    """Suggest a school at registration, or no longer."""
    user = actor(request)
    found = access.school(user, school_id)
    found.is_active = request.POST.get("suggest") == "yes"
    services.change_school(user, found)
    messages.success(
        request,
        _("The school is suggested again.")
        if found.is_active
        else _("The school is not suggested any more. Earlier results keep it."),
    )
    return redirect("staff-schools")


@requires(Role.TEACHER)
def import_schools(request: HttpRequest) -> HttpResponse:
    """Add the schools of a pasted list and say what became of each line."""
    user = actor(request)
    form = SchoolImportForm(request.POST or None, user=user)
    report = None
    if form.is_valid():
        report = services.import_schools(
            user, form.cleaned_data["campus"], form.cleaned_data["schools"]
        )
    status = pages.UNPROCESSABLE if form.errors else 200
    context = {"form": form, "report": report}
    return render(request, "staff/academy/school_import.html", context, status=status)


@requires(Role.DIRECTOR)
def campus_list(request: HttpRequest) -> HttpResponse:
    """List all campuses: 1 query beside login."""
    rows = campuses(actor(request)).annotate(
        school_count=Count("schools", distinct=True), staff_count=Count("staff", distinct=True)
    )
    return render(request, "staff/academy/campuses.html", {"campuses": rows.order_by("name")})


@requires(Role.DIRECTOR)
def new_campus(request: HttpRequest) -> HttpResponse:
    """Add a campus."""
    form = CampusForm(request.POST or None)
    if form.is_valid():
        services.create_campus(actor(request), form.save(commit=False))
        messages.success(request, _("The campus is added."))
        return redirect("staff-policy-campuses")
    return pages.form_page(
        request, form, title=_("New campus"), back=_to_campuses(), submit=_("Add campus")
    )


@requires(Role.DIRECTOR)
def edit_campus(request: HttpRequest, campus_id: int) -> HttpResponse:
    """Change a campus."""
    user = actor(request)
    form = CampusForm(request.POST or None, instance=access.campus(user, campus_id))
    if form.is_valid():
        services.change_campus(user, form.save(commit=False))
        messages.success(request, _("The campus is saved."))
        return redirect("staff-policy-campuses")
    return pages.form_page(request, form, title=_("Edit campus"), back=_to_campuses())


def _to_schools() -> pages.Link:
    return pages.Link(_("Schools"), reverse("staff-schools"))


def _to_campuses() -> pages.Link:
    return pages.Link(_("Campuses"), reverse("staff-policy-campuses"))
