"""Test events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from placement_test.academy import access, queries
from placement_test.academy.forms.events import EventFilters, EventForm
from placement_test.academy.services import events as services
from placement_test.lib import clock, pages
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.models import TestEvent

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

ORDERS = {"name": "name", "opens": "opens_at", "sessions": "session_count"}


@requires(Role.INVIGILATOR)
def event_list(request: HttpRequest) -> HttpResponse:
    """List the test events of the reader's campuses: 3 queries beside login."""
    filters = EventFilters(request.GET)
    given = filters.given()
    now = clock.now()
    rows = queries.events_in_state(access.events(actor(request)), given["state"] or "", now)
    if given["q"]:
        rows = rows.filter(name__icontains=given["q"])
    rows = pages.ordered(request, queries.with_session_counts(rows), by=ORDERS, default="-opens")
    page = pages.page(request, rows)
    labels = {
        "name": _("Name"),
        "opens": _("Opens"),
        "closes": _("Closes"),
        "state": _("State"),
        "code": _("Access code"),
        "sessions": _("Sessions"),
    }
    context = {
        "page_obj": page,
        "shown": [(event, services.event_state(event, now)) for event in page],
        "columns": pages.columns(request, labels, by=ORDERS, default="-opens"),
        "filters": filters,
        "querystring": pages.querystring(request),
        "may_edit": has_role(request.user, Role.TEACHER),
    }
    return render(request, "staff/academy/events.html", context)


@requires(Role.INVIGILATOR)
def event(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    """Show one event with its code: 1 query beside login, and 1 to count its sessions."""
    found = access.event(actor(request), event_id)
    context = {
        "event": found,
        "state": services.event_state(found, clock.now()),
        "session_count": found.sessions.filter(preview_by=None).count(),
        "may_edit": has_role(request.user, Role.TEACHER),
    }
    return render(request, "staff/academy/event.html", context)


@requires(Role.TEACHER)
def new_event(request: HttpRequest) -> HttpResponse:
    """Make a test event."""
    user = actor(request)
    form = EventForm(request.POST or None, user=user)
    if form.is_valid():
        made = services.create_event(user, form.save(commit=False))
        messages.success(request, _("The test event is ready. Its access code is below."))
        return redirect("staff-event", made.pk)
    return pages.form_page(
        request, form, title=_("New test event"), back=_to_list(), submit=_("Create test event")
    )


@requires(Role.TEACHER)
def edit_event(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    """Change a test event."""
    user = actor(request)
    found = access.event(user, event_id)
    form = EventForm(request.POST or None, instance=found, user=user)
    if form.is_valid():
        services.change_event(user, form.save(commit=False))
        messages.success(request, _("The test event is saved."))
        return redirect("staff-event", found.pk)
    back = pages.Link(
        TestEvent.objects.values_list("name", flat=True).get(pk=found.pk),
        reverse("staff-event", args=[found.pk]),
    )
    return pages.form_page(request, form, title=_("Edit test event"), back=back)


def _to_list() -> pages.Link:
    return pages.Link(_("Test events"), reverse("staff-events"))
