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
from placement_test.urls import saves  # noqa: E402

SAVE = re.compile(r"/api/sessions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/answers/")


class SaveHandler(WSGIHandler):
    """Django for one address, which gets nearly all requests of a test day.

    It has the middleware that a save needs, in the same order, and finds its view at once.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: D102
        every = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.SAVE_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every

    def resolve_request(self, request: Any) -> Any:  # noqa: D102
        request.urlconf = saves
        return super().resolve_request(request)


class Application:
    """Every request to Django; a save by a shorter way."""

    def __init__(self) -> None:
        self.whole = whole
        self.saves = SaveHandler()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Respond as WSGI wants it."""
        is_save = SAVE.fullmatch(environ.get("PATH_INFO", ""))
        return (self.saves if is_save else self.whole)(environ, start_response)


application = Application()
refuse_unsafe()
