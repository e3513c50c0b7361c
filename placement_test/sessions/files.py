"""Paper pages and tracks for the browser that sits the exam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.views.decorators.http import require_safe

from placement_test.lib import files
from placement_test.sessions import access, queries

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

# A published version's files never change; a day covers a test and its review.
FILE_MAX_AGE_SECONDS = 86_400


@require_safe
def page_image(
    request: HttpRequest, session_id: UUID, page_id: int, width: int
) -> HttpResponseBase:
    """Send one paper page of the session's exam in one of its widths."""
    for page in queries.exam_of(access.own_session(request, session_id)).pages:
        for image_width, _height, file in page.images:
            if page.id == page_id and image_width == width:
                return files.file_response(
                    request, file, content_type="image/webp", max_age=FILE_MAX_AGE_SECONDS
                )
    raise Http404


@require_safe
def page_words(request: HttpRequest, session_id: UUID, page_id: int) -> HttpResponseBase:
    """Send the text layer of one paper page."""
    for page in queries.exam_of(access.own_session(request, session_id)).pages:
        if page.id == page_id and page.words_file:
            return files.file_response(
                request,
                page.words_file,
                content_type="application/json",
                max_age=FILE_MAX_AGE_SECONDS,
            )
    raise Http404


@require_safe
def track(request: HttpRequest, session_id: UUID, track_id: int) -> HttpResponseBase:
    """Send a listening track of the session's exam; Range is honoured."""
    for each in queries.exam_of(access.own_session(request, session_id)).tracks:
        if each.id == track_id:
            return files.file_response(
                request, each.file, content_type=each.content_type, max_age=FILE_MAX_AGE_SECONDS
            )
    raise Http404
