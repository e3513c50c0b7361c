"""The performance page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from placement_test.lib import access
from placement_test.operations import board, charts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.operations.board import Board


@never_cache
@require_GET
@access.requires(access.Role.DIRECTOR)
def performance(request: HttpRequest) -> HttpResponse:
    """Show the figures of the last hour, day or week."""
    span = _span(request)
    context = {
        "board": _board(span),
        "span": span,
        "spans": {"hour": _("Hour"), "day": pgettext("span of time", "Day"), "week": _("Week")},
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
    }
    return render(request, "staff/operations/performance.html", context)


@never_cache
@require_GET
@access.requires(access.Role.DIRECTOR)
def figures(request: HttpRequest) -> HttpResponse:
    """Reply with what the page replaces when it refreshes itself."""
    return JsonResponse(_board(_span(request)).as_json())


def _span(request: HttpRequest) -> str:
    asked = request.GET.get("span", "")
    return asked if asked in board.SPANS else "hour"


def _board(span: str) -> Board:
    return board.board(span, get_language() or "")
