"""Networks that lose, delay, cut and answer for somebody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.proof import proxy
from tests.proof.proxy import Weather

if TYPE_CHECKING:
    from playwright.async_api import Route

    from tests.proof.chromium.table import Table


# About what a bad school network does in a minute, in two seconds.
WEATHERS = {
    "packets_lost": Weather({proxy.LATENCY: 1, proxy.JITTER: 1, proxy.RESET: 0.3}),
    "connections_reset": Weather({proxy.RESET: 0.7}),
    "black_hole": Weather({proxy.BLACK_HOLE: 0.5}),
    "half_open": Weather({proxy.HALF_OPEN: 1}),
    "replies_lost": Weather({proxy.REPLY_DROPPED: 0.6, proxy.REPLY_CUT: 0.2}),
    "requests_cut": Weather({proxy.REQUEST_CUT: 0.6}),
    "requests_doubled_and_late": Weather({proxy.DUPLICATED: 0.6, proxy.REORDERED: 0.3}),
    "captive_portal": Weather({proxy.PORTAL: 1}),
    "bad_gateway": Weather({proxy.BAD_GATEWAY: 1}),
    "slow": Weather({proxy.LATENCY: 1, proxy.RATE: 1}, latency_ms=400),
}


async def _weather(table: Table, name: str) -> None:
    desk = await table.desk()
    await desk.act()
    desk.device.proxy.weather = WEATHERS[name]
    # What is decided when a connection is made needs new ones.
    desk.device.proxy.reset_all()
    desk.count(name)
    for _ in range(4):
        await desk.act()
        await desk.pause(0.6)
    if table.dice.random() < 0.5:
        desk.device.calm_down()
        desk.count("reloaded")
        await desk.reload()


async def packets_lost(table: Table) -> None:
    """Every exchange is slow and a third of them fail."""
    await _weather(table, "packets_lost")


async def connections_reset(table: Table) -> None:
    """Connections are reset, before or after the request got through."""
    await _weather(table, "connections_reset")


async def black_hole(table: Table) -> None:
    """Requests go out and nothing ever comes back."""
    await _weather(table, "black_hole")


async def half_open(table: Table) -> None:
    """Connections die without a word."""
    await _weather(table, "half_open")


async def replies_lost(table: Table) -> None:
    """The server has stored what the page never hears of."""
    await _weather(table, "replies_lost")


async def requests_cut(table: Table) -> None:
    """Requests arrive in part."""
    await _weather(table, "requests_cut")


async def requests_doubled_and_late(table: Table) -> None:
    """Requests arrive twice, late, and in another order."""
    await _weather(table, "requests_doubled_and_late")


async def captive_portal(table: Table) -> None:
    """Somebody else answers 200 with a page of his own."""
    await _weather(table, "captive_portal")


async def bad_gateway(table: Table) -> None:
    """A proxy before the server answers 502."""
    await _weather(table, "bad_gateway")


async def slow(table: Table) -> None:
    """56 kbit/s and half a second each way."""
    await _weather(table, "slow")


async def cable_pulled(table: Table) -> None:
    """The cable is pulled in the middle of whatever is under way, and put back."""
    desk = await table.desk()
    for _ in range(2):
        await desk.act()
        await desk.pause()
        desk.device.proxy.cut()
        desk.count("cable_pulled")
        await desk.act()
        await desk.pause()
        desk.device.proxy.mend()
        await desk.act()


async def told_to_come_back_later(table: Table) -> None:
    """A storm of 503 with Retry-After."""
    desk = await table.desk()
    await desk.act()

    async def later(route: Route) -> None:
        desk.count("told_to_come_back_later")
        status = table.dice.choice([503, 503, 429])
        await route.fulfill(status=status, headers={"Retry-After": "1"}, body="")

    await desk.page.route("**/answers/", later)
    for _ in range(4):
        await desk.act()
        await desk.pause(0.8)
    await desk.page.unroute("**/answers/")
    await desk.act()


async def reply_takes_its_time(table: Table) -> None:
    """The same question is changed while the save of its first answer is under way."""
    desk = await table.desk()

    async def slowly(route: Route) -> None:
        await asyncio.sleep(table.dice.uniform(0.5, 1.5))
        await route.continue_()

    await desk.page.route("**/answers/", slowly)
    desk.count("reply_takes_its_time")
    for _ in range(5):
        await desk.act("choose choose clear")
        await desk.pause(0.4)
    await desk.page.unroute_all(behavior="wait")


async def csrf_token_lost(table: Table) -> None:
    """The cookie of the CSRF token is gone: the page gets a fresh one and sends the same again."""
    desk = await table.desk()
    await desk.act()
    await desk.device.context.clear_cookies(name="pp-csrf")
    desk.count("csrf_token_lost")
    await desk.act()
    await desk.until("saved")


SCENARIOS = (
    captive_portal,
    replies_lost,
    connections_reset,
    told_to_come_back_later,
    cable_pulled,
    black_hole,
    reply_takes_its_time,
    packets_lost,
    requests_doubled_and_late,
    half_open,
    slow,
    csrf_token_lost,
    bad_gateway,
    requests_cut,
)
