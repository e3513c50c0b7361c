"""A browser without HTTP: its requests go to the product's own application, in this thread."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.test import RequestFactory
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from http.cookies import SimpleCookie

    from bench.cost.meter import Cost, Meter

OK = 200
# Any 32 letters are one.
TOKEN = "t" * 32


def load() -> Any:
    """Return the application; it looks at the database, and closes the connection, when it loads.

    A meter that is made before it watches another connection than it uses.
    """
    return import_string(settings.WSGI_APPLICATION)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the body's content."""
        return json.loads(self.body)


class Browser:
    """Keeps cookies; ``meter`` adds what the application does for each request to a cost."""

    def __init__(self, meter: Meter, cookies: SimpleCookie | None = None) -> None:
        self._meter = meter
        self._application = load()
        self._factory = RequestFactory(headers={"accept-language": "en"})
        self._factory.cookies.update(cookies or {})

    def hold(self, name: str, value: str) -> None:
        """Keep a cookie, and a token that forms carry."""
        self._factory.cookies[name] = value
        if settings.CSRF_COOKIE_NAME not in self._factory.cookies:
            self._factory.cookies[settings.CSRF_COOKIE_NAME] = TOKEN

    def get(self, path: str, cost: Cost) -> Reply:
        """GET ``path``.

        :raises ValueError: where the reply is not a good one
        """
        return self._call(self._factory.get(path).environ, cost)

    def post(self, path: str, content: object, cost: Cost) -> Reply:
        """POST ``content`` as JSON; errors as ``get``."""
        token = self._factory.cookies[settings.CSRF_COOKIE_NAME].value
        request = self._factory.post(
            path,
            json.dumps(content),
            content_type="application/json",
            headers={"x-csrftoken": token, "origin": "http://testserver"},
        )
        return self._call(request.environ, cost)

    def _call(self, environ: dict[str, Any], cost: Cost) -> Reply:
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_error: object) -> None:
            said.extend((int(status[:3]), headers))

        with self._meter.measuring(cost):
            answer = self._application(environ, start_response)
            body = b"".join(answer)
            # Django's replies end with it; a list of bytes has nothing to end.
            if hasattr(answer, "close"):
                answer.close()
        status, headers = said
        for name, value in headers:
            if name.lower() == "set-cookie":
                self._factory.cookies.load(value)
        if status != OK:
            raise ValueError(f"{environ['PATH_INFO']}: {status}")
        return Reply(status, body)
