"""The list of exams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from placement_test.exams import access
from placement_test.exams.queries import listing
from placement_test.lib import access as roles
from placement_test.lib import pages

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LONGEST_SEARCH = 100


@require_GET
@roles.requires(roles.Role.TEACHER)
def exams(request: HttpRequest) -> HttpResponse:
    """Show the exams: 4 queries beside login."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    state = request.GET.get("state", "")
    rows = listing.found(access.exams_of(roles.actor(request)), words=words, state=state)
    page = pages.page(request, rows.order_by("title", "pk"))
    states = [
        ("", _("Not archived")),
        ("published", _("Published")),
        ("draft", _("With a draft")),
        ("archived", _("Archive")),
    ]
    return render(
        request,
        "staff/exams/list.html",
        {
            "rows": listing.listed(page.object_list),
            "page_obj": page,
            "querystring": pages.querystring(request),
            "words": words,
            "state": state,
            "states": states,
        },
    )
