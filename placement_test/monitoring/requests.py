"""What one request took: time, queries, time in the database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
# Watching does not watch itself: probes every few seconds would drown what people do.
UNWATCHED = frozenset({"/livez", "/readyz", "/api/health/", "/metrics"})
UNMATCHED = "<unmatched>"
STATIC = "<static>"
# Where the server's facts about a request carry what was counted before Django had it.
COUNTED = "primepath.counted"


class QueryCount:
    """Counts statements and their time; BEGIN and COMMIT do not pass here."""

    __slots__ = ("began", "count", "seconds")

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.count = 0
        self.seconds = 0.0

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        """Execute and count, also where it fails."""
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began


def kind_and_name(request: HttpRequest) -> tuple[str, str]:
    """Return under what a request is counted: its route, never its path."""
    match = request.resolver_match
    if match is not None:
        return "request", match.route or "/"
    if request.path_info.startswith(settings.STATIC_URL):
        return "static", STATIC
    return "request", UNMATCHED


def outcome(request: HttpRequest, status: int) -> str:
    """Return method and status; a method that nobody knows is OTHER."""
    method = request.method if request.method in METHODS else "OTHER"
    return f"{method} {status}"
