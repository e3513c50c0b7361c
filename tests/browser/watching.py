"""What goes wrong in a page while nobody looks at its console."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        Page,
        Request,
        Response,
        WebError,
    )

SERVER_ERROR = 500
NETWORK_SCHEMES = {"http", "https", "ws", "wss"}


@dataclasses.dataclass
class Watch:
    """Problems of all pages of the contexts that it follows, as lines of text."""

    host: str
    problems: list[str] = dataclasses.field(default_factory=list)
    contexts: list[BrowserContext] = dataclasses.field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of ``context``, pop-ups and workers too."""
        self.contexts.append(context)
        context.on("weberror", self._on_error)
        context.on("console", self._on_console)
        context.on("request", self._on_request)
        context.on("response", self._on_response)

    def pages(self) -> list[Page]:
        """Return the pages that are open now."""
        return [page for context in self.contexts for page in context.pages]

    def unexpected(self, expected: Iterable[str]) -> list[str]:
        """Return the problems that match none of the regular expressions ``expected``."""
        patterns = [re.compile(pattern) for pattern in expected]
        return [
            problem
            for problem in self.problems
            if not any(pattern.search(problem) for pattern in patterns)
        ]

    def _on_error(self, error: WebError) -> None:
        self.problems.append(f"uncaught: {error.error}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium reports what the content security policy blocked here as well.
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in NETWORK_SCHEMES and address.netloc != self.host:
            self.problems.append(f"third party: {request.method} {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= SERVER_ERROR:
            self.problems.append(f"server: {response.status} {response.url}")
