"""The usual save, answered without Django's chain of handlers.

Nearly all requests of a test day are saves, and most of what one cost was the way to its view and
back.  What is usual is answered here, by the same services and with Django's own checks of host,
address and token; everything else, and every error, goes to Django as if this were not there.
"""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.core import signals
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.cache import add_never_cache_headers

from placement_test.lib import http
from placement_test.monitoring import requests
from placement_test.monitoring.flushing import recorder
from placement_test.sessions import api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

    Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# What it stands in for: with any other middleware for calls, all saves go to Django.
REPLACES = [
    "placement_test.performance_monitor.PerformanceMiddleware",
    "placement_test.lib.http.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "placement_test.lib.http.PlacementErrorMiddleware",
]
SESSION = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SAVE = re.compile(f"/api/sessions/({SESSION})/answers/")
LENGTH = re.compile("[0-9]{1,9}")
STATUS = "200 OK"


class _Unusual(Exception):
    """Django has to look at it; nothing of the body is read."""


class _Csrf(CsrfViewMiddleware):
    """Django's check, which leaves the refusal to Django."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:  # noqa: ARG002
        raise _Unusual(reason)


class DirectSaves:
    """A WSGI application: the usual save itself, anything else by ``otherwise``.

    A save that fails is handed on with its error, which ``api.answers`` raises again: status, words
    and log line are Django's.  It is counted once, with the queries of both.
    """

    def __init__(self, otherwise: Application, route: str) -> None:
        """``route``: under what saves are counted."""
        self._otherwise = otherwise
        self._route = route
        self._csrf = _Csrf(_nothing)
        self._headers = {is_secure: _headers(is_secure) for is_secure in (False, True)}

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Respond as WSGI wants it."""
        session = SAVE.fullmatch(environ.get("PATH_INFO", ""))
        if session is None:
            return self._otherwise(environ, start_response)
        counted = environ[requests.COUNTED] = requests.QueryCount()
        try:
            request = self._usual(environ)
        except _Unusual:
            return self._otherwise(environ, start_response)
        signals.request_started.send(sender=self.__class__, environ=environ)
        name = http.name_request(environ.get("HTTP_X_REQUEST_ID", ""))
        environ["HTTP_X_REQUEST_ID"] = name
        try:
            with connection.execute_wrapper(counted):
                content = msgspec.json.encode(api.save(request, UUID(session[1])))
        except Exception as error:  # noqa: BLE001 - Django answers and logs it
            environ[api.FAILED] = error
            return self._otherwise(environ, start_response)
        recorder.record(
            "request",
            self._route,
            f"POST {HttpResponse.status_code}",
            time.perf_counter() - counted.began,
            queries=counted.count,
            database_seconds=counted.seconds,
        )
        length = ("Content-Length", str(len(content)))
        headers = self._headers[request.is_secure()]
        start_response(STATUS, [*headers, length, ("X-Request-ID", name)])
        signals.request_finished.send(sender=self.__class__)
        return [content]

    def _usual(self, environ: dict[str, Any]) -> WSGIRequest:
        """Return the request where nothing about it needs Django.

        :raises _Unusual: for any other one
        """
        if (
            environ["REQUEST_METHOD"] != "POST"
            or environ.get("CONTENT_TYPE") != "application/json"
            or not LENGTH.fullmatch(environ.get("CONTENT_LENGTH", ""))
            # A monitor is told what the save cost.
            or "HTTP_AUTHORIZATION" in environ
        ):
            raise _Unusual
        request = WSGIRequest(environ)
        try:
            request.get_host()
        except DisallowedHost:
            raise _Unusual from None
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise _Unusual
        self._csrf.process_request(request)
        self._csrf.process_view(request, api.answers, (), {})
        return request


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type="application/json")


def _headers(is_secure: bool) -> list[tuple[str, str]]:
    """Return what Django's chain puts on every reply to a save."""
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "https" if is_secure else "http",
            "HTTP_X_FORWARDED_PROTO": "https" if is_secure else "http",
        }
    )
    response = _nothing(request)
    add_never_cache_headers(response)
    SecurityMiddleware(_nothing).process_response(request, response)
    # A moment that is over by the first save; ``Cache-Control`` says it.
    del response["Expires"]
    return list(response.items())
