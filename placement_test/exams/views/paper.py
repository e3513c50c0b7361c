"""The paper of a version: its pages, turned, moved, removed; another paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from placement_test.errors import PaperRejected
from placement_test.exams import access, services, tasks
from placement_test.exams.forms.settings import PaperForm
from placement_test.exams.services import papers
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from placement_test.models import ExamVersion, PaperPage

LEFT, RIGHT = 270, 90
PAGE_ID = re.compile(r"[0-9]{1,18}")


class Picture(NamedTuple):
    """A page as it is shown; without addresses while it waits to be drawn."""

    id: int
    position: int
    small: str
    large: str
    width: int
    height: int


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def paper(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show the pages; a POST names what to do with them in ``action``."""
    if request.method != "POST":
        return _shown(request, access.version(request, exam_id), PaperForm())
    draft = access.draft(request, exam_id)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        return _replace(request, draft)
    action(request, draft)
    return _drawn(request, draft)


def _shown(
    request: HttpRequest, version: ExamVersion, form: PaperForm, status: int = 200
) -> HttpResponse:
    pages = [_picture(page) for page in version.pages.order_by("position")]
    waiting = sum(not page.small for page in pages)
    context = editor.context(request, version, "paper", form=form, pages=pages, waiting=waiting)
    return render(request, "staff/exams/paper.html", context, status=status)


def _picture(page: PaperPage) -> Picture:
    if not page.images:
        return Picture(page.pk, page.position, "", "", 0, 0)
    smallest = page.images[0]
    return Picture(
        page.pk,
        page.position,
        _url(page, smallest),
        _url(page, page.images[-1]),
        smallest["width"],
        smallest["height"],
    )


def _url(page: PaperPage, image: dict[str, Any]) -> str:
    address = reverse("staff-page-image", args=[page.pk, image["width"]])
    # Browsers keep pictures for a day: one that was turned needs another address.
    return f"{address}?v={image['file'][:8]}"


def _replace(request: HttpRequest, draft: ExamVersion) -> HttpResponse:
    form = PaperForm(request.POST, request.FILES)
    if not form.is_valid():
        return _shown(request, draft, form, UNPROCESSABLE)
    services.replace_paper(draft, form.cleaned_data["paper"], roles.actor(request))
    return _drawn(request, draft)


def _drawn(request: HttpRequest, draft: ExamVersion) -> HttpResponse:
    """Draw what waits for it and say how it went; undrawn pages offer to try again."""
    try:
        drawn = tasks.render_paper(draft.pk)
    except PaperRejected as error:
        messages.error(request, error.words())
    else:
        words = ngettext("%(count)s page was drawn.", "%(count)s pages were drawn.", drawn)
        messages.success(request, words % {"count": drawn} if drawn else _("The paper was saved."))
    return editor.again(request, draft, "paper")


def _turn_left(request: HttpRequest, draft: ExamVersion) -> None:
    papers.turn_pages(draft, _named(request), LEFT, roles.actor(request))


def _turn_right(request: HttpRequest, draft: ExamVersion) -> None:
    papers.turn_pages(draft, _named(request), RIGHT, roles.actor(request))


def _turn_all_left(request: HttpRequest, draft: ExamVersion) -> None:
    papers.turn_pages(draft, _all(draft), LEFT, roles.actor(request))


def _turn_all_right(request: HttpRequest, draft: ExamVersion) -> None:
    papers.turn_pages(draft, _all(draft), RIGHT, roles.actor(request))


def _remove(request: HttpRequest, draft: ExamVersion) -> None:
    for page_id in _named(request):
        papers.remove_page(draft, page_id, roles.actor(request))


def _forward(request: HttpRequest, draft: ExamVersion) -> None:
    for page_id in _named(request):
        papers.move_page(draft, page_id, 1, roles.actor(request))


def _back(request: HttpRequest, draft: ExamVersion) -> None:
    for page_id in _named(request):
        papers.move_page(draft, page_id, -1, roles.actor(request))


def _draw_again(_request: HttpRequest, _draft: ExamVersion) -> None:
    """Every action ends with drawing what waits for it."""


def _named(request: HttpRequest) -> list[int]:
    text = request.POST.get("page", "")
    return [int(text)] if PAGE_ID.fullmatch(text) else []


def _all(draft: ExamVersion) -> list[int]:
    return list(draft.pages.values_list("pk", flat=True))


ACTIONS: dict[str, Callable[[HttpRequest, ExamVersion], None]] = {
    "left": _turn_left,
    "right": _turn_right,
    "all-left": _turn_all_left,
    "all-right": _turn_all_right,
    "remove": _remove,
    "forward": _forward,
    "back": _back,
    "draw": _draw_again,
}
