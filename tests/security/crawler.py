"""A reader that follows everything a page offers and keeps all that it was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from django.contrib.staticfiles import finders
from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

LINK = re.compile(r'(?:href|src|action|data-[a-z-]*url[a-z-]*|data-[a-z]+)="(/[^"]*)"')
DOCUMENT = re.compile(r'<script id="[^"]*" type="application/json">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """One reply: where it came from, and everything in it."""

    where: str
    status: int
    head: bytes
    body: bytes
    is_json: bool


@dataclass
class Crawler:
    """A client that keeps what it sees."""

    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    seen: list[Seen] = field(default_factory=list)
    _last: bytes = b""

    def get(self, url: str, **headers: str) -> Reply:
        """Ask for an address."""
        return self._keep(f"GET {url}", self.client.get(url, headers=headers))

    def post(self, url: str, body: Any, content_type: str = "application/json") -> Reply:
        """Send something to an address."""
        return self._keep(f"POST {url}", self.client.post(url, body, content_type=content_type))

    def send(self, url: str, fields: dict[str, Any]) -> Reply:
        """Send a form."""
        return self._keep(f"POST {url}", self.client.post(url, fields))

    def follow(self, *starts: str, within: tuple[str, ...]) -> set[str]:
        """Read everything that the pages lead to below ``within``; return the addresses."""
        waiting, done = list(starts), set[str]()
        while waiting:
            url = waiting.pop()
            if url in done:
                continue
            done.add(url)
            reply = self.get(url)
            links = _links(url, reply, self._last)
            waiting += [link for link in links if _is_within(link, within)]
        return done

    def _keep(self, where: str, reply: Reply) -> Reply:
        body = self._last = reply.getvalue() if reply.streaming else reply.content
        head = "\n".join(
            [str(reply.status_code), *(f"{name}: {value}" for name, value in reply.headers.items())]
        )
        cookies = self.client.cookies.output()
        is_json = reply.headers.get("Content-Type", "").startswith("application/json")
        kept = Seen(where, reply.status_code, f"{head}\n{cookies}".encode(), body, is_json)
        self.seen.append(kept)
        if reply.headers.get("Content-Type", "").startswith("text/html"):
            for document in DOCUMENT.findall(body.decode()):
                data = unescape(document).encode()
                self.seen.append(
                    Seen(f"{where} (data)", reply.status_code, b"", data, is_json=True)
                )
        return reply


def static_files() -> list[Seen]:
    """Return every file that is served to whoever asks."""
    found = []
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            with storage.open(path) as file:
                found.append(Seen(f"static {path}", 200, b"", file.read(), is_json=False))
    return found


def _links(url: str, reply: Reply, body: bytes) -> list[str]:
    links = [reply["Location"]] if "Location" in reply else []
    if reply.headers.get("Content-Type", "").startswith("text/html"):
        links += [unescape(link) for link in LINK.findall(body.decode())]
    return [urljoin(url, link).split("#")[0] for link in links]


def _is_within(url: str, within: tuple[str, ...]) -> bool:
    path = urlsplit(url).path
    return any(path == start or path.startswith(start + "/") for start in within)
