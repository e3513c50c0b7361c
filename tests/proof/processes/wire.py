"""HTTP as a page speaks it, light enough for hundreds of pages in one event loop."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.proof.proxy import HOST, Closed, Message, read_message

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
SECRET = "a" * 32
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call brought: status 0 is no reply, so nobody knows what became of it."""

    status: int
    body: dict[str, Any] | None = None
    retry_after: float = 0.0

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str((self.body or {}).get("error", ""))


UNKNOWN = Reply(0)


class Line:
    """One page's connections to the server: opened when they are needed, kept while they work.

    Calls at the same time take a connection each, as in a browser, so they may pass each other.
    """

    def __init__(self, port: Callable[[], int], cookies: str, timeout_seconds: float) -> None:
        self._port = port
        self.cookies = f"{cookies}; pp-csrf={SECRET}"
        self.timeout_seconds = timeout_seconds
        self._idle: list[Streams] = []
        self._used: set[Streams] = set()

    async def call(self, method: str, path: str, body: object = None) -> Reply:
        """Return the reply, or ``UNKNOWN`` where none came in time."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {self.cookies}\r\n"
            f"X-CSRFToken: {SECRET}\r\nAccept: application/json\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        streams = self._idle.pop() if self._idle else None
        try:
            async with asyncio.timeout(self.timeout_seconds):
                if streams is None:
                    streams = await asyncio.open_connection(HOST, self._port())
                self._used.add(streams)
                reply = await self._exchange(streams, head.encode() + content)
        except (Closed, OSError, TimeoutError, ValueError):
            reply = None
        if streams is not None:
            self._put_back(streams, reply)
        return _as_reply(reply) if reply is not None else UNKNOWN

    async def _exchange(self, streams: Streams, request: bytes) -> Message:
        reader, writer = streams
        writer.write(request)
        return await read_message(reader)

    def _put_back(self, streams: Streams, reply: Message | None) -> None:
        self._used.discard(streams)
        if reply is None or CLOSES.search(reply.head):
            streams[1].transport.abort()
        else:
            self._idle.append(streams)

    def close(self) -> None:
        """End all connections, also in the middle of a call."""
        for _reader, writer in [*self._idle, *self._used]:
            writer.transport.abort()
        self._idle.clear()


def _as_reply(message: Message) -> Reply:
    wait = RETRY_AFTER.search(message.head)
    return Reply(
        int(message.head[9:12]), _json(message.content), float(wait.group(1)) if wait else 0.0
    )


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
