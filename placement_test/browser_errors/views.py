"""Where pages send reports, and where staff read them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from placement_test.browser_errors import queries, rules, services
from placement_test.errors import BadRequest
from placement_test.lib import http, pages
from placement_test.lib.access import Role, actor, requires
from placement_test.models import BrowserError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

BODY_MAX_BYTES = 16 * 1024


@never_cache
@require_POST
def intake(request: HttpRequest) -> HttpResponse:
    """Take a batch of reports in; nobody has to be logged in, and no session is needed."""
    body = http.body(request, BODY_MAX_BYTES)
    try:
        batch = rules.batch(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest from error
    agent = request.headers.get("User-Agent", "")
    taken = services.take_in(batch, browser=_browser(request), user_agent=agent)
    return JsonResponse({"accepted": taken})


@require_GET
@requires(Role.DIRECTOR)
def error_list(request: HttpRequest) -> HttpResponse:
    """List the errors that are open, or those that are resolved: 2 queries beside login."""
    is_resolved = request.GET.get("show") == "resolved"
    context = {
        "page_obj": pages.page(request, queries.errors(resolved=is_resolved)),
        "is_resolved": is_resolved,
        "querystring": pages.querystring(request),
    }
    return render(request, "staff/browser_errors/list.html", context)


@require_GET
@requires(Role.DIRECTOR)
def error(request: HttpRequest, error_id: int) -> HttpResponse:
    """Show one error with its stack: 1 query beside login."""
    found = get_object_or_404(BrowserError.objects.select_related("resolved_by"), pk=error_id)
    return render(request, "staff/browser_errors/detail.html", {"error": found})


@require_POST
@requires(Role.DIRECTOR)
def resolve(request: HttpRequest, error_id: int) -> HttpResponse:
    """Mark an error as resolved."""
    found = get_object_or_404(BrowserError, pk=error_id)
    if services.resolve_error(found, actor(request)):
        messages.success(request, _("Marked as resolved."))
    else:
        messages.info(request, _("This was marked as resolved before."))
    return redirect("staff-browser-errors")


def _browser(request: HttpRequest) -> str:
    # The cookie of the CSRF check is the one thing that every browser here keeps.
    secret = str(request.META.get("CSRF_COOKIE", ""))
    return hashlib.sha256(secret.encode()).hexdigest()[:24]
