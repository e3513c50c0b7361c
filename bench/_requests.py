"""A page's requests as bytes: what nginx passes on of what Chromium sends."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass

HOST = "127.0.0.1"
# First what deploy/nginx/proxy.conf sets, with an address as an academy's network has them.
BROWSER = (
    f"Host: {HOST}\r\n"
    "X-Forwarded-Proto: https\r\n"
    "X-Real-IP: 10.0.0.7\r\nX-Forwarded-For: 10.0.0.7\r\n"
    f"X-Request-ID: {'0123456789abcdef' * 2}\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36\r\n"
    "Accept-Language: ko-KR,ko;q=0.9,en;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
)
CALL = "Accept: application/json\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
PAGE = (
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Csrf:
    """What a browser got with a page: the cookie's secret, and the token to send beside it."""

    secret: str
    token: str


def csrf(port: int) -> Csrf:
    """Fetch them, as a page that was open for long does."""
    asked = urllib.request.Request(
        f"http://{HOST}:{port}/api/csrf/", headers={"X-Forwarded-Proto": "https"}
    )
    with urllib.request.urlopen(asked, timeout=10) as reply:  # noqa: S310 - our own server
        cookie = re.search(r"pp-csrf=([^;]+)", reply.headers["Set-Cookie"] or "")
        token = re.search(r'"token":"([^"]+)"', reply.read().decode())
    if cookie is None or token is None:
        raise RuntimeError("the server gives no CSRF token")
    return Csrf(cookie[1], token[1])


def get(path: str, cookies: str, *, is_page: bool = False) -> bytes:
    """Return a request to read."""
    kind = PAGE if is_page else CALL
    return f"GET {path} HTTP/1.1\r\n{BROWSER}{kind}Cookie: {cookies}\r\n\r\n".encode()


def post_head(path: str, cookies: str, pair: Csrf, *, kind: str = JSON) -> bytes:
    """Return a request to write up to the number of its bytes; ``with_body`` ends it."""
    return (
        f"POST {path} HTTP/1.1\r\n{BROWSER}{CALL if kind == JSON else PAGE}"
        f"Origin: https://{HOST}\r\nReferer: https://{HOST}{path}\r\n"
        f"Content-Type: {kind}\r\nX-CSRFToken: {pair.token}\r\n"
        f"Cookie: {cookies}; pp-csrf={pair.secret}\r\nContent-Length: "
    ).encode()


def with_body(head: bytes, body: bytes) -> bytes:
    """Return a whole request."""
    return b"%b%d\r\n\r\n%b" % (head, len(body), body)
