"""A network that breaks as real ones do: an HTTP proxy with faults, in one event loop.

What happens to a connection and to each exchange on it is decided by dice that are seeded with the
proxy's seed and the connection's number.  Every fault is counted by name, and for the session that
it met, so that a report can say how often each happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

HOST = "127.0.0.1"
HEAD_MAX_BYTES = 64 * 1024
SESSION = re.compile(rb"^\S+ /(?:api/sessions|sit)/([0-9a-f-]{32,36})/")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
REPLY_WITHOUT_BODY = re.compile(rb"^HTTP/1\.[01] (?:1\d\d|204|304)")

LATENCY, JITTER, RATE = "latency", "jitter", "rate"
RESET, BLACK_HOLE, HALF_OPEN = "reset", "black_hole", "half_open"
REPLY_DROPPED, REPLY_CUT, REQUEST_CUT = "reply_dropped", "reply_cut", "request_cut"
DUPLICATED, REORDERED, PORTAL = "duplicated", "reordered", "captive_portal"
BAD_GATEWAY = "bad_gateway"
SERVER_AWAY = "server_away"

OF_A_CONNECTION = (LATENCY, JITTER, RATE, HALF_OPEN)
OF_AN_EXCHANGE = (
    RESET,
    BLACK_HOLE,
    REPLY_DROPPED,
    REPLY_CUT,
    REQUEST_CUT,
    DUPLICATED,
    REORDERED,
    PORTAL,
    BAD_GATEWAY,
)
FAULTS = (*OF_A_CONNECTION, *OF_AN_EXCHANGE)


def _page(status: bytes, words: bytes) -> bytes:
    body = b"<html><body>" + words + b"</body></html>"
    head = b"HTTP/1.1 %b\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


PORTAL_PAGE = _page(b"200 OK", b"Please accept our terms.")
GATEWAY_PAGE = _page(b"502 Bad Gateway", b"Bad gateway")


@dataclass(frozen=True, slots=True)
class Weather:
    """How the network is at the moment: the chance of each fault, and how bad the bad ones are."""

    chances: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Fault -> 0 ... 1, of a connection or of an exchange as the fault is."""
    latency_ms: float = 100
    jitter_ms: float = 200
    bytes_per_second: float = 7_000
    """56 kbit/s."""
    hold_seconds: float = 1.5
    """How long a request is held back at most; it is let go as soon as another one has passed."""
    replay_seconds: float = 1.0
    """A duplicate arrives up to this much later than the request."""


CALM = Weather()


@dataclass(slots=True)
class Message:
    """One request or reply as it came: its head with the empty line, and its body."""

    head: bytes
    body: bytes
    is_chunked: bool = False

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def content(self) -> bytes:
        """The body without the frames of its chunks."""
        if not self.is_chunked:
            return self.body
        found, rest = b"", self.body
        while rest:
            size, _newline, rest = rest.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            found, rest = found + rest[:length], rest[length + 2 :]
        return found


class Closed(Exception):
    """The other side is gone, in the middle of a message or before one."""


@dataclass(slots=True, eq=False)
class _Link:
    """One connection of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    dice: random.Random
    delay_ms: float = 0
    jitter_ms: float = 0
    bytes_per_second: float = 0
    dies_after: int | None = None
    """How many exchanges a half-open connection still serves."""
    exchanges: int = 0
    flaws: list[str] = field(default_factory=list)
    upstream: _Upstream | None = None

    async def travel(self, size: int) -> None:
        """Wait for as long as ``size`` bytes take one way."""
        wait = self.delay_ms + self.dice.uniform(0, self.jitter_ms)
        if self.bytes_per_second:
            wait += 1000 * size / self.bytes_per_second
        if wait:
            await asyncio.sleep(wait / 1000)

    async def reply(self, raw: bytes) -> None:
        await self.travel(len(raw))
        self.writer.write(raw)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection with RST, as a middlebox does."""
        connection = self.writer.get_extra_info("socket")
        if connection is not None and not self.writer.is_closing():
            with contextlib.suppress(OSError):
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


class _Upstream:
    """A connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, request: Message) -> Message:
        """Send a request whole and return the reply."""
        self.writer.write(request.raw)
        await self.writer.drain()
        return await read_message(self.reader, is_head=request.head.startswith(b"HEAD "))

    def close(self) -> None:
        self.writer.transport.abort()


class Proxy:
    """Stands between clients and the server at ``upstream`` (a port of this machine).

    ``weather`` may be changed at any moment.  ``counts`` holds how often each fault happened,
    ``met`` the same by session id (32 hexadecimal digits), ``statuses`` what the server replied.
    """

    def __init__(self, upstream: int, *, seed: object, weather: Weather = CALM) -> None:
        self.upstream = upstream
        self.seed = seed
        self.weather = weather
        self.port = 0
        self.counts: Counter[str] = Counter()
        self.met: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.statuses: Counter[int] = Counter()
        self.is_cut = False
        self._number = 0
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._passed = asyncio.Condition()
        self._passings: Counter[str] = Counter()
        self._do: dict[str, Callable[[_Link, Message], Awaitable[bool]]] = {
            RESET: self._reset,
            BLACK_HOLE: self._black_hole,
            REPLY_DROPPED: self._drop_reply,
            REPLY_CUT: self._cut_reply,
            REQUEST_CUT: self._cut_request,
            DUPLICATED: self._duplicate,
            REORDERED: self._reorder,
            PORTAL: self._portal,
            BAD_GATEWAY: self._bad_gateway,
        }

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"http://{HOST}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on this one."""
        self._server = await asyncio.start_server(self._serve, HOST, port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End every connection and stop listening."""
        if self._server is not None:
            self._server.close()
        self.reset_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Pull the cable: from this instant on nothing passes in either direction."""
        self.is_cut = True
        self.reset_all()

    def mend(self) -> None:
        """Put the cable back."""
        self.is_cut = False

    def reset_all(self) -> None:
        """End every open connection."""
        for link in list(self._links):
            link.reset()
            if link.upstream is not None:
                link.upstream.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        link = self._link(reader, writer)
        self._links.add(link)
        try:
            while not self.is_cut and await self._exchange(link, await read_message(reader)):
                link.exchanges += 1
        except (Closed, OSError, asyncio.CancelledError):
            pass  # the end of the connection, or of the proxy
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
            if link.upstream is not None:
                link.upstream.close()
            link.writer.transport.abort() if self.is_cut else link.writer.close()

    def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Link:
        self._number += 1
        dice = random.Random(f"{self.seed}/{self._number}")  # noqa: S311 - the same faults again
        link = _Link(reader, writer, dice)
        weather = self.weather
        link.flaws = [
            name for name in OF_A_CONNECTION if dice.random() < weather.chances.get(name, 0)
        ]
        if LATENCY in link.flaws:
            link.delay_ms = weather.latency_ms
        if JITTER in link.flaws:
            link.jitter_ms = weather.jitter_ms
        if RATE in link.flaws:
            link.bytes_per_second = weather.bytes_per_second
        if HALF_OPEN in link.flaws:
            link.dies_after = dice.randint(1, 4)
        return link

    async def _exchange(self, link: _Link, request: Message) -> bool:
        """Do one exchange; return whether the connection goes on."""
        for name in link.flaws:
            if name != HALF_OPEN and link.exchanges == 0:
                self._count(name, request)
        if link.dies_after is not None and link.exchanges >= link.dies_after:
            self._count(HALF_OPEN, request)
            return await self._swallow(link)
        await link.travel(len(request.raw))
        fault = self._pick(link.dice)
        if fault is None:
            return await self._pass(link, request)
        return await self._do[fault](link, request)

    def _pick(self, dice: random.Random) -> str | None:
        number = dice.random()
        for name in OF_AN_EXCHANGE:
            number -= self.weather.chances.get(name, 0)
            if number < 0:
                return name
        return None

    async def _pass(self, link: _Link, request: Message) -> bool:
        reply = await self._ask(link, request)
        if self.is_cut:
            return False
        await link.reply(reply.raw)
        return True

    async def _ask(self, link: _Link, request: Message) -> Message:
        """Return the server's reply to a request that reached it whole."""
        try:
            if link.upstream is None:
                link.upstream = await self._connect()
            try:
                reply = await link.upstream.ask(request)
            except Closed:
                # The server may close an idle connection: that is no fault of the network.
                if not link.exchanges:
                    raise
                link.upstream = await self._connect()
                reply = await link.upstream.ask(request)
        except (Closed, OSError) as error:
            self._count(SERVER_AWAY, request)
            link.reset()
            raise Closed from error
        self.statuses[int(reply.head[9:12])] += 1
        async with self._passed:
            self._passings[session_of(request)] += 1
            self._passed.notify_all()
        return reply

    async def _connect(self) -> _Upstream:
        if self.is_cut:
            raise Closed
        reader, writer = await asyncio.open_connection(HOST, self.upstream, limit=HEAD_MAX_BYTES)
        return _Upstream(reader, writer)

    async def _reset(self, link: _Link, request: Message) -> bool:
        """Reset before the request got through, or as soon as it has."""
        self._count(RESET, request)
        if link.dice.random() < 0.5:
            self._later(self._deliver(request, 0))
        link.reset()
        return False

    async def _black_hole(self, link: _Link, request: Message) -> bool:
        self._count(BLACK_HOLE, request)
        return await self._swallow(link)

    async def _drop_reply(self, link: _Link, request: Message) -> bool:
        """Let the request through and keep the reply: nobody but the server knows."""
        await self._ask(link, request)
        self._count(REPLY_DROPPED, request)
        if link.dice.random() < 0.5:
            return await self._swallow(link)
        link.reset()
        return False

    async def _cut_reply(self, link: _Link, request: Message) -> bool:
        reply = await self._ask(link, request)
        self._count(REPLY_CUT, request)
        await link.reply(reply.raw[: link.dice.randrange(1, len(reply.raw))])
        return False

    async def _cut_request(self, link: _Link, request: Message) -> bool:
        self._count(REQUEST_CUT, request)
        with contextlib.suppress(OSError, Closed):
            upstream = await self._connect()
            upstream.writer.write(request.raw[: link.dice.randrange(1, len(request.raw))])
            await upstream.writer.drain()
            upstream.writer.close()
        link.reset()
        return False

    async def _duplicate(self, link: _Link, request: Message) -> bool:
        """Deliver the request twice, the second time now or later, on a connection of its own."""
        self._count(DUPLICATED, request)
        wait = link.dice.choice([0.0, link.dice.uniform(0, self.weather.replay_seconds)])
        self._later(self._deliver(request, wait))
        return await self._pass(link, request)

    async def _reorder(self, link: _Link, request: Message) -> bool:
        """Hold the request until another one of its session has passed, then let it go.

        It arrives also when its client has given up meanwhile.
        """
        self._count(REORDERED, request)
        session = session_of(request)
        before = self._passings[session]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.weather.hold_seconds), self._passed:
                await self._passed.wait_for(lambda: self._passings[session] > before)
        return await self._pass(link, request)

    async def _portal(self, link: _Link, request: Message) -> bool:
        self._count(PORTAL, request)
        await link.reply(PORTAL_PAGE)
        return True

    async def _bad_gateway(self, link: _Link, request: Message) -> bool:
        self._count(BAD_GATEWAY, request)
        await link.reply(GATEWAY_PAGE)
        return True

    async def _swallow(self, link: _Link) -> bool:
        """Read on and answer nothing, until the client has had enough."""
        while await link.reader.read(HEAD_MAX_BYTES):
            pass
        return False

    async def _deliver(self, request: Message, wait_seconds: float) -> None:
        """Bring a request to the server without anyone who waits for the reply."""
        await asyncio.sleep(wait_seconds)
        with contextlib.suppress(OSError, Closed):
            upstream = await self._connect()
            try:
                await upstream.ask(request)
            finally:
                upstream.close()

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _count(self, name: str, request: Message) -> None:
        self.counts[name] += 1
        self.met[session_of(request)][name] += 1


def session_of(request: Message) -> str:
    """Return the id of the session that a request names (32 hexadecimal digits), or ""."""
    found = SESSION.match(request.head)
    return found.group(1).decode().replace("-", "") if found else ""


async def read_message(reader: asyncio.StreamReader, *, is_head: bool = False) -> Message:
    """Return the next request or reply.

    :raises Closed: where the connection ends before it does
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if is_head or REPLY_WITHOUT_BODY.match(head):
            return Message(head, b"")
        if length := LENGTH.search(head):
            return Message(head, await reader.readexactly(int(length.group(1))))
        if CHUNKED.search(head):
            return Message(head, await _chunks(reader), is_chunked=True)
        if head.startswith(b"HTTP/"):
            return Message(head, await reader.read())
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
        raise Closed from error
    return Message(head, b"")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        found += line
        size = int(line.split(b";")[0], 16)
        found += await reader.readexactly(size + 2)
        if size == 0:
            return bytes(found)
