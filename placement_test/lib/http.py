"""Between the server and the views: request ids, the academy's zone, errors as replies."""

from __future__ import annotations

import logging
import random
import re
import uuid
from typing import TYPE_CHECKING

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from placement_test.errors import BodyTooLarge, PlacementError, TooMany, Unavailable
from placement_test.lib import academy

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    Respond = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# A database that restarts needs a second or two. Spread, so that a hall does not come back at once.
RETRY_AFTER_SECONDS = (1, 3)


def is_api(request: HttpRequest) -> bool:
    """Return whether the caller reads JSON rather than a page."""
    return request.path.startswith("/api/")


def body(request: HttpRequest, most: int) -> bytes:
    """Return the request's body without ever reading more than ``most`` bytes.

    :raises BodyTooLarge: where it is longer
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        raise BodyTooLarge
    content = request.read(most + 1)
    if len(content) > most:
        raise BodyTooLarge
    return content


def prepared(
    request: HttpRequest, content: bytes, compressed: bytes, *, digest: str, max_age_seconds: int
) -> HttpResponse:
    """Return ready-made JSON, compressed (gzip) where the browser takes that; 304 where it has it.

    Each form has a strong ETag of its own, made of the content's ``digest``.
    """
    is_compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    etag = f'"{digest}-gzip"' if is_compressed else f'"{digest}"'
    made = HttpResponse(compressed if is_compressed else content, content_type="application/json")
    if is_compressed:
        made["Content-Encoding"] = "gzip"
    response = get_conditional_response(request, etag, response=made) or made
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={max_age_seconds}"
    response["Vary"] = "Accept-Encoding"
    return response


def name_request(given: str) -> str:
    """Return the request's id, ``given`` or a new one; from now on it stands in log lines."""
    name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=name)
    return name


class RequestIdMiddleware:
    """Give each request an id that stands in its log lines and its reply."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:  # noqa: D102
        name = name_request(request.headers.get("X-Request-ID", ""))
        response = self.respond(request)
        response["X-Request-ID"] = name
        return response


class AcademyTimeMiddleware:
    """Show moments in the academy's zone."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:  # noqa: D102
        if is_api(request):
            return self.respond(request)
        with timezone.override(academy.zone()):
            return self.respond(request)


class PlacementErrorMiddleware:
    """Turn an anticipated error into its reply: JSON for the API, a page for people."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:  # noqa: D102
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a ``PlacementError``, and calls that the database failed; leave others to Django.

        Where a commit failed nobody knows its outcome: 503, never a status; sending again is safe.
        """
        if isinstance(error, OperationalError | InterfaceError) and is_api(request):
            return _unavailable(error)
        if not isinstance(error, PlacementError):
            return None
        logger.info("refused", extra={"code": error.code, "status": error.status})
        if is_api(request):
            content = {"error": error.code, "message": error.words(), **error.facts}
            response: HttpResponse = JsonResponse(content, status=error.status)
        else:
            context = {"error": error, "words": error.words(), "session": _session_of(request)}
            response = render(request, "errors/refused.html", context, status=error.status)
        if isinstance(error, TooMany):
            response["Retry-After"] = str(error.seconds)
        return response


def _session_of(request: HttpRequest) -> object:
    """Return the id of the session that the address names, or ""."""
    return request.resolver_match.kwargs.get("session_id", "") if request.resolver_match else ""


def _unavailable(error: Exception) -> HttpResponse:
    # Counted by status like every reply: health and alerts see it.
    logger.error(
        "database unavailable",
        extra={"error": type(error.__cause__ or error).__name__},
        exc_info=error,
    )
    said = Unavailable()
    reply = JsonResponse({"error": said.code, "message": said.words()}, status=said.status)
    reply["Retry-After"] = str(random.randint(*RETRY_AFTER_SECONDS))  # noqa: S311 - only a spread
    return reply


def livez(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; asks nothing of database or cache."""
    response = HttpResponse("ok\n", content_type="text/plain")
    response["Cache-Control"] = "no-store"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a failed CSRF check in a way that pages can repair by themselves."""
    words = _("The page was open for too long. Reload it and try again.")
    if is_api(request):
        return JsonResponse({"error": "csrf", "message": words}, status=403)
    return render(request, "errors/refused.html", {"words": words}, status=403)
