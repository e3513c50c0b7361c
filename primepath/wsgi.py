"""What the HTTP server loads."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "primepath.settings")
whole = get_wsgi_application()

from placement_test.lib.transactions import refuse_unsafe  # noqa: E402 - after Django's set-up
from placement_test.sessions.direct import REPLACES, SESSION, DirectSaves  # noqa: E402
from placement_test.urls import SHORT, calls  # noqa: E402
from primepath.urls import urlpatterns  # noqa: E402

# Found at once; all others are there for the addresses that a reply names.
CALLS_FIRST = (*calls, *urlpatterns)
CALL = re.compile(f"/api/sessions/{SESSION}/(?:{'|'.join(SHORT)})/")


class CallHandler(WSGIHandler):
    """Django for the calls of running sessions: nearly all requests of a test day.

    It has the middleware that they need, in the same order, and finds their views at once.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: D102
        every = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.CALL_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every

    def resolve_request(self, request: Any) -> Any:  # noqa: D102
        request.urlconf = CALLS_FIRST
        return super().resolve_request(request)


class Application:
    """Every request to Django; the runner's calls by a shorter way, its usual saves by themselves.

    What tests put before the calls sees saves as well: then they take the way of the calls.
    """

    def __init__(self) -> None:
        self.whole = whole
        self.calls = CallHandler()
        self.saves = DirectSaves(self.calls, route=str(calls[SHORT.index("answers")].pattern))
        self.short = self.saves if settings.CALL_MIDDLEWARE == REPLACES else self.calls

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Respond as WSGI wants it."""
        is_call = CALL.fullmatch(environ.get("PATH_INFO", ""))
        return (self.short if is_call else self.whole)(environ, start_response)


application = Application()
refuse_unsafe()
