"""The faulty network itself: each fault does what its name says, no more and no less."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.proof import proxy
from tests.proof.proxy import CALM, Closed, Message, Proxy, Weather, read_message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SESSION = "0" * 31 + "1"
PATIENCE_SECONDS = 0.3


@dataclass
class Origin:
    """A server that notes what reached it and echoes it."""

    got: list[bytes] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                try:
                    request = await read_message(reader)
                except Closed:
                    break
                self.got.append(request.body)
                body = b"echo " + request.body
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def network(weather: Weather) -> AsyncIterator[tuple[Proxy, Origin]]:
    origin = Origin()
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    between = Proxy(server.sockets[0].getsockname()[1], seed=1, weather=weather)
    await between.start()
    try:
        yield between, origin
    finally:
        await between.close()
        for each in origin.callers:
            each.writer.close()
        server.close()
        await server.wait_closed()


@dataclass
class Caller:
    """One connection of a browser."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, body: bytes, patience: float = PATIENCE_SECONDS) -> bytes | str:
        """Return the reply's body, or what became of the request."""
        head = b"POST /api/sessions/%b/answers/ HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
        self.writer.write(head % (SESSION.encode(), len(body)) + body)
        try:
            async with asyncio.timeout(patience):
                reply = await read_message(self.reader)
        except TimeoutError:
            return "nothing"
        except Closed as closed:
            return "reset" if isinstance(closed.__cause__, ConnectionResetError) else "closed"
        return reply.body


async def caller(between: Proxy, origin: Origin) -> Caller:
    made = Caller(*await asyncio.open_connection("127.0.0.1", between.port))
    origin.callers.append(made)
    return made


def run(
    chances: dict[str, float], talk: Callable[[Proxy, Origin], Awaitable[None]], **how: float
) -> tuple[Proxy, Origin]:
    async def whole() -> tuple[Proxy, Origin]:
        async with network(Weather(chances, **how)) as (between, origin):
            await talk(between, origin)
            return between, origin

    return asyncio.run(whole())


async def one_post(between: Proxy, origin: Origin) -> None:
    between.last = await (await caller(between, origin)).post(b"one")  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)


def test_in_calm_weather_everything_passes_and_nothing_is_counted() -> None:
    async def talk(between: Proxy, origin: Origin) -> None:
        browser = await caller(between, origin)
        assert [await browser.post(b"one"), await browser.post(b"two")] == [
            b"echo one",
            b"echo two",
        ]

    between, origin = run({}, talk)

    assert origin.got == [b"one", b"two"]
    assert (between.counts, between.met, between.statuses) == (Counter(), {}, {200: 2})


@pytest.mark.parametrize(
    ("fault", "outcomes", "reaches"),
    [
        ("reset", {"reset"}, {0, 1}),
        ("black_hole", {"nothing"}, {0}),
        ("reply_dropped", {"nothing", "reset"}, {1}),
        ("request_cut", {"reset"}, {0}),
        ("captive_portal", {proxy.PORTAL_PAGE.partition(b"\r\n\r\n")[2]}, {0}),
        ("bad_gateway", {proxy.GATEWAY_PAGE.partition(b"\r\n\r\n")[2]}, {0}),
        ("duplicated", {b"echo one"}, {2}),
        ("reordered", {b"echo one"}, {1}),
        ("latency", {b"echo one"}, {1}),
        ("jitter", {b"echo one"}, {1}),
        ("rate", {b"echo one"}, {1}),
    ],
)
def test_does_what_its_name_says_and_counts_it(
    fault: str, outcomes: set[bytes | str], reaches: set[int]
) -> None:
    between, origin = run(
        {fault: 1.0},
        one_post,
        latency_ms=10,
        jitter_ms=10,
        bytes_per_second=100_000,
        hold_seconds=0.1,
        replay_seconds=0.04,
    )

    assert between.last in outcomes  # type: ignore[attr-defined]
    assert len(origin.got) in reaches
    assert between.counts == Counter({fault: 1})
    assert between.met == {SESSION: Counter({fault: 1})}


def test_cuts_a_reply_somewhere_in_its_middle() -> None:
    between, origin = run({"reply_cut": 1.0}, one_post)

    assert between.last == "closed"  # type: ignore[attr-defined]
    assert origin.got == [b"one"]


def test_a_half_open_connection_goes_silent_after_some_exchanges() -> None:
    replies: list[bytes | str] = []

    async def talk(between: Proxy, origin: Origin) -> None:
        browser = await caller(between, origin)
        while "nothing" not in replies:
            replies.append(await browser.post(b"one"))

    between, origin = run({"half_open": 1.0}, talk)

    assert 2 <= len(replies) <= 5
    assert len(origin.got) == len(replies) - 1
    assert between.counts == Counter(half_open=1)


def test_lets_a_later_request_of_the_session_pass_the_one_that_is_held() -> None:
    async def talk(between: Proxy, origin: Origin) -> None:
        held, passing = await caller(between, origin), await caller(between, origin)
        waits = asyncio.create_task(held.post(b"held", 5))
        await asyncio.sleep(0.05)
        between.weather = CALM
        assert await passing.post(b"passing") == b"echo passing"
        assert await waits == b"echo held"

    _between, origin = run({"reordered": 1.0}, talk, hold_seconds=4.0)

    assert origin.got == [b"passing", b"held"]


def test_brings_a_held_request_also_when_its_client_has_gone() -> None:
    async def talk(between: Proxy, origin: Origin) -> None:
        browser = await caller(between, origin)
        assert await browser.post(b"held", 0.02) == "nothing"
        browser.writer.transport.abort()
        await asyncio.sleep(0.3)

    _between, origin = run({"reordered": 1.0}, talk, hold_seconds=0.1)

    assert origin.got == [b"held"]


def test_a_slow_line_takes_as_long_as_its_rate_says() -> None:
    took: list[float] = []

    async def talk(between: Proxy, origin: Origin) -> None:
        began = time.monotonic()
        await (await caller(between, origin)).post(b"x" * 2000, 5)
        took.append(time.monotonic() - began)

    run({"rate": 1.0}, talk, bytes_per_second=20_000)

    assert 0.2 <= took[0] < 1.0  # 2 kB each way


def test_nothing_passes_once_the_cable_is_pulled() -> None:
    async def talk(between: Proxy, origin: Origin) -> None:
        browser = await caller(between, origin)
        await browser.post(b"one")
        between.cut()
        assert await browser.post(b"two") in {"closed", "reset"}
        between.mend()
        assert await (await caller(between, origin)).post(b"three") == b"echo three"

    _between, origin = run({}, talk)

    assert origin.got == [b"one", b"three"]


def test_says_that_the_server_was_away() -> None:
    async def talk(between: Proxy, origin: Origin) -> None:
        between.upstream = 1  # nothing listens there
        assert await (await caller(between, origin)).post(b"one") == "reset"

    between, _origin = run({}, talk)

    assert between.counts == Counter(server_away=1)


def test_the_same_seed_gives_the_same_faults() -> None:
    async def talk(between: Proxy, origin: Origin) -> None:
        for _ in range(40):
            await (await caller(between, origin)).post(b"one", 0.05)

    chances = dict.fromkeys(["reset", "captive_portal", "bad_gateway", "reply_cut"], 0.2)

    (first, _), (second, _) = run(chances, talk), run(chances, talk)

    assert first.counts == second.counts
    assert set(first.counts) == set(chances)


@pytest.mark.parametrize("size", [0, 1, 70_000])
def test_reads_replies_in_chunks_as_well(size: int) -> None:
    async def read() -> Message:
        reader = asyncio.StreamReader()
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"%x\r\n" % size + b"x" * size + b"\r\n" if size else b""
        reader.feed_data(head + chunk + b"0\r\n\r\nnext")
        message = await read_message(reader)
        assert await reader.read(4) == b"next"
        return message

    assert asyncio.run(read()).content == b"x" * size
