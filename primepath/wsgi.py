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

    from django.urls import URLPattern, URLResolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "primepath.settings")
whole = get_wsgi_application()

from placement_test.lib.transactions import refuse_unsafe  # noqa: E402 - after Django's set-up
from placement_test.sessions.direct import REPLACES, SESSION, DirectSaves  # noqa: E402
from placement_test.urls import SHORT, calls, test_page  # noqa: E402
from primepath.urls import urlpatterns  # noqa: E402

CALL = re.compile(f"/api/sessions/{SESSION}/(?:{'|'.join(SHORT)})/")
TEST_PAGE = re.compile(f"/sit/{SESSION}/test/")


class ShortHandler(WSGIHandler):
    """Django for what running tests ask for: nearly all requests of a test day.

    It has the middleware that they need, in the same order, and finds their views at once.
    """

    def __init__(self, middleware: list[str], first: Iterable[URLPattern | URLResolver]) -> None:
        self._middleware = middleware
        # All others are there for the addresses that a reply names.
        self._addresses = (*first, *urlpatterns)
        super().__init__()

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: D102
        every = settings.MIDDLEWARE
        settings.MIDDLEWARE = self._middleware
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every

    def resolve_request(self, request: Any) -> Any:  # noqa: D102
        request.urlconf = self._addresses
        return super().resolve_request(request)


class Application:
    """Every request to Django; the runner's calls by a shorter way, its usual saves by themselves.

    What tests put before the calls sees saves as well: then they take the way of the calls.
    """

    def __init__(self) -> None:
        self.whole = whole
        self.calls = ShortHandler(settings.CALL_MIDDLEWARE, calls)
        self.test_page = ShortHandler(settings.TEST_PAGE_MIDDLEWARE, test_page)
        self.saves = DirectSaves(self.calls, route=str(calls[SHORT.index("answers")].pattern))
        self.short = self.saves if settings.CALL_MIDDLEWARE == REPLACES else self.calls

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Respond as WSGI wants it."""
        path = environ.get("PATH_INFO", "")
        if CALL.fullmatch(path):
            return self.short(environ, start_response)
        if TEST_PAGE.fullmatch(path):
            return self.test_page(environ, start_response)
        return self.whole(environ, start_response)


application = Application()
refuse_unsafe()
