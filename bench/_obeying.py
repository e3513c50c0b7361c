"""A load process: reads an order, says "ready", starts when it is told to, writes the outcome.

``python -m MODULE ORDER OUTCOME``; the moment of the start (monotonic) comes on standard input.
Such a process imports neither Django nor the product.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import uvloop

from bench._orders import Order, Outcome
from bench._wire import Pool

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    Work = Callable[[Order, Pool, float], Awaitable[Outcome]]

# static/js/modules/backoff.js
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0


def obey(work: Work) -> None:
    """Do what a load process does; ``work`` gets the order, connections, and when to start."""
    order = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    outcome = uvloop.run(_done(work, order))
    Path(sys.argv[2]).write_bytes(msgspec.msgpack.encode(outcome))


def backoff(tries: int, dice: random.Random, *, at_least: float = 0.0) -> float:
    """Return the seconds that a page waits after so many failures; ``at_least`` is Retry-After."""
    ceiling = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(tries, 10))
    return max(min(at_least, LONGEST_WAIT_SECONDS), dice.random() * ceiling)


async def _done(work: Work, order: Order) -> Outcome:
    pool = Pool(order.port, order.connections)
    await pool.fill()
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    starts_at = float(await loop.run_in_executor(None, sys.stdin.readline))
    try:
        return await work(order, pool, starts_at)
    finally:
        pool.close()
