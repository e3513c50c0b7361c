"""HTTP/1.1 over a bounded pool of kept connections, as light as it gets for a load generator.

Sessions share the connections, as they do behind nginx.  An exchange without a free connection
waits for one; it is given up after the time that a page allows a call, wherever it is then.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"
# DESIGN.md: 8 s a request.
CALL_SECONDS = 8.0
LOOK_SECONDS = 0.1
# The server ends a connection that was idle for 30 s; a request that meets this would be lost.
IDLE_SECONDS = 25.0
# One address has 28,000 ports for connections to one server.
SOURCES = tuple(f"127.0.0.{last}" for last in range(2, 34))
# More at once would overflow the server's queue of those that it has not accepted yet.
OPENED_AT_ONCE = 64
OK = 200
LENGTH = b"content-length:"
RETRY_AFTER = b"retry-after:"


@dataclass(frozen=True, slots=True)
class Reply:
    """What an exchange brought; ``status`` 0: nobody knows what became of it, ``failure`` why."""

    status: int
    body: bytes = b""
    retry_after: float = 0.0
    failure: str = ""


class Exchange:
    """A request on its way."""

    __slots__ = ("connection", "done", "give_up_at", "is_over", "request")

    def __init__(self, request: bytes, done: Callable[[Reply], None]) -> None:
        self.request = request
        self.done = done
        self.give_up_at = time.monotonic() + CALL_SECONDS
        self.is_over = False
        self.connection: Connection | None = None

    def end(self, reply: Reply) -> None:
        """Hand out the reply, once."""
        if not self.is_over:
            self.is_over = True
            self.connection = None
            self.done(reply)


class Connection(asyncio.Protocol):
    """One connection; it carries one exchange at a time."""

    __slots__ = ("buffer", "exchange", "idle_since", "is_closed", "pool", "transport")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.transport: asyncio.WriteTransport | None = None
        self.exchange: Exchange | None = None
        self.buffer = b""
        self.idle_since = 0.0
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take what waits."""
        # uvloop's is one without saying so.
        self.transport = cast("asyncio.WriteTransport", transport)
        self.pool.on_open(self)

    def begin(self, exchange: Exchange) -> None:
        """Send a request."""
        assert self.transport is not None  # noqa: S101
        self.exchange = exchange
        exchange.connection = self
        self.transport.write(exchange.request)

    def data_received(self, data: bytes) -> None:
        """Hand out the reply once it is whole."""
        if self.buffer:
            data = self.buffer + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.buffer = data
            return
        head = data[:end].lower()
        at = head.find(LENGTH)
        whole = end + 4 + (_number(head, at + len(LENGTH)) if at > 0 else 0)
        if len(data) < whole:
            self.buffer = data
            return
        self.buffer = b""
        exchange, self.exchange = self.exchange, None
        is_kept = b"connection: close" not in head
        if is_kept:
            self.pool.on_free(self)
        elif self.transport is not None:
            self.transport.close()
        if exchange is not None:
            exchange.end(_reply(head, data[end + 4 : whole]))

    def connection_lost(self, error: Exception | None) -> None:
        """Say so to whoever waits for a reply."""
        self.is_closed = True
        self.pool.on_close()
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.end(Reply(0, failure="broken" if error else "closed"))


class Pool:
    """Up to ``most`` connections to the server at ``port``; belongs to the running event loop."""

    def __init__(self, port: int, most: int) -> None:
        self.port = port
        self.most = most
        self.open = 0
        self.peak = 0
        self._opening = 0
        self._idle: deque[Connection] = deque()
        self._waiting: deque[Exchange] = deque()
        self._under_way: deque[Exchange] = deque()
        self._sources = itertools.cycle(SOURCES)
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._look = self._loop.call_later(LOOK_SECONDS, self._look_after)

    async def fill(self) -> None:
        """Open all connections; one that the server ends at once is opened when it is needed."""
        for place in range(0, self.most, OPENED_AT_ONCE):
            together = min(OPENED_AT_ONCE, self.most - place)
            await asyncio.gather(*[self._connect() for _ in range(together)])

    def send(self, request: bytes, done: Callable[[Reply], None]) -> None:
        """Have ``done`` called with the reply, or with status 0."""
        exchange = Exchange(request, done)
        self._under_way.append(exchange)
        while self._idle:
            connection = self._idle.popleft()
            if not connection.is_closed:
                connection.begin(exchange)
                return
        self._waiting.append(exchange)
        self._open_for_who_waits()

    async def call(self, request: bytes) -> Reply:
        """Return the reply."""
        waiter: asyncio.Future[Reply] = self._loop.create_future()

        def take(reply: Reply) -> None:
            if not waiter.done():
                waiter.set_result(reply)

        self.send(request, take)
        return await waiter

    def close(self) -> None:
        """End all connections."""
        self._look.cancel()
        for connection in self._idle:
            if connection.transport is not None:
                connection.transport.abort()
        for exchange in self._under_way:
            if exchange.connection is not None and exchange.connection.transport is not None:
                exchange.connection.transport.abort()

    def on_open(self, connection: Connection) -> None:
        """Count a new connection and let it work."""
        self.open += 1
        self.peak = max(self.peak, self.open)
        self.on_free(connection)

    def on_free(self, connection: Connection) -> None:
        """Give a connection to who waits longest, or keep it."""
        while self._waiting:
            exchange = self._waiting.popleft()
            if not exchange.is_over:
                connection.begin(exchange)
                return
        connection.idle_since = time.monotonic()
        self._idle.append(connection)

    def on_close(self) -> None:
        """Open another one where somebody waits."""
        self.open -= 1
        self._open_for_who_waits()

    def _open_one(self) -> None:
        self._opening += 1
        task = self._loop.create_task(self._opened())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _opened(self) -> None:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._connect()
        except OSError:  # TimeoutError is one
            self._on_refused()
        finally:
            self._opening -= 1
            self._open_for_who_waits()

    def _open_for_who_waits(self) -> None:
        if (
            self._waiting
            and self.open + self._opening < self.most
            and self._opening < OPENED_AT_ONCE
        ):
            self._open_one()

    def _on_refused(self) -> None:
        while self._waiting:
            exchange = self._waiting.popleft()
            if not exchange.is_over:
                exchange.end(Reply(0, failure="refused"))
                return

    async def _connect(self) -> None:
        await self._loop.create_connection(
            lambda: Connection(self), HOST, self.port, local_addr=(next(self._sources), 0)
        )

    def _look_after(self) -> None:
        """Give up what takes too long; end connections before the server does."""
        now = time.monotonic()
        while self._under_way and (
            self._under_way[0].is_over or self._under_way[0].give_up_at <= now
        ):
            exchange = self._under_way.popleft()
            connection = exchange.connection
            exchange.end(Reply(0, failure="time-out"))
            if connection is not None and connection.transport is not None:
                # The reply that may still come belongs to nobody.
                connection.exchange = None
                connection.transport.abort()
        while self._idle and self._idle[0].idle_since < now - IDLE_SECONDS:
            connection = self._idle.popleft()
            if connection.transport is not None:
                connection.transport.close()
        self._open_for_who_waits()
        self._look = self._loop.call_later(LOOK_SECONDS, self._look_after)


def _number(head: bytes, at: int) -> int:
    end = head.find(b"\r\n", at)
    return int(head[at:end] if end > 0 else head[at:])


def _reply(head: bytes, body: bytes) -> Reply:
    status = int(head[9:12])
    if status == OK:
        return Reply(status, body)
    at = head.find(RETRY_AFTER)
    wait = _number(head, at + len(RETRY_AFTER)) if at > 0 else 0
    return Reply(status, body, float(wait))
