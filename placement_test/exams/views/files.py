"""Pages and tracks for staff; students get theirs through their session."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404
from django.views.decorators.http import require_safe

from placement_test.exams import access
from placement_test.lib import access as roles
from placement_test.lib import files

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# The address carries the start of the file's name: another picture has another address.
KEEP_SECONDS = 24 * 3600


@require_safe
@roles.requires(roles.Role.TEACHER)
def page_image(request: HttpRequest, page_id: int, width: int) -> HttpResponse:
    """Send a page of a paper in one of its widths."""
    images = access.page(request, page_id).images
    name = next((image["file"] for image in images if image["width"] == width), None)
    if name is None:
        raise Http404
    sent = files.file_response(request, name, content_type="image/webp", max_age=KEEP_SECONDS)
    return cast("HttpResponse", sent)


@require_safe
@roles.requires(roles.Role.TEACHER)
def track_file(request: HttpRequest, track_id: int) -> HttpResponse:
    """Send a track, or the range of it that the player asks for."""
    track = access.track(request, track_id)
    sent = files.file_response(
        request, track.file, content_type=track.content_type, max_age=KEEP_SECONDS
    )
    return cast("HttpResponse", sent)
