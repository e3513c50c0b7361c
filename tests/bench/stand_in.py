"""A server that stands in for the product, and a load on it in this process."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import uvloop

from bench._load import Load
from bench._orders import Order, Outcome, Seat
from bench._wire import Pool
from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Server:
    """Answers saves one at a time, each after ``seconds``, as ``answer`` says.

    The first one takes ``stall`` longer.
    """

    def __init__(self, answer: Answer, *, seconds: float = 0.0, stall: float = 0.0) -> None:
        self.answer = answer
        self.seconds = seconds
        self.stall = stall
        self.port = free_port()
        self.calls: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._turn = asyncio.Lock()
        self._writers: list[asyncio.StreamWriter] = []

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
        await asyncio.sleep(0.05)  # until they have noticed

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                assert length is not None
                body = json.loads(await reader.readexactly(int(length[1])))
                body["session"] = head.split(b"/")[3].decode()
                self.calls[body["session"]].append({**body, "arrived": time.monotonic()})
                async with self._turn:
                    stall, self.stall = self.stall, 0.0
                    await asyncio.sleep(self.seconds + stall)
                status, reply = self.answer(body)
                content = json.dumps(reply).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%b"
                    % (status, len(content), content)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def saved(body: dict[str, Any], **others: Any) -> tuple[int, dict[str, Any]]:
    return 200, {
        "nonce": body["nonce"],
        "session": body["session"],
        "accepted": [{"seq": entry["seq"], "status": "applied"} for entry in body["entries"]],
        "state": "open",
        "next_flush_ms": 15_000,
        **others,
    }


def seats(count: int) -> list[Seat]:
    return [
        Seat(n, f"00000000-0000-0000-0000-{n:012}", f"{n:032x}", "token", cookie="pp-1=token")
        for n in range(count)
    ]


def load(server: Server, seats: Sequence[Seat], **facts: Any) -> Outcome:
    """Return what became of a load of these seats on the server."""
    order = Order(
        port=server.port,
        csrf_cookie="secret",
        csrf_token="token",  # noqa: S106
        seats=list(seats),
        **{
            "parts": [(1, "choice"), (2, "short")],
            "questions": [1],
            "connections": len(seats),
            "interval_seconds": 0.5,
            "warm_up_seconds": 0.0,
            "seconds": 0.5,
            "drain_seconds": 5.0,
            **facts,
        },
    )

    async def run() -> Outcome:
        listening = await asyncio.start_server(server.talk, "127.0.0.1", server.port)
        pool = Pool(server.port, order.connections)
        try:
            return await Load(order, pool).run(time.monotonic())
        finally:
            pool.close()
            await server.close()
            listening.close()

    return uvloop.run(run())
