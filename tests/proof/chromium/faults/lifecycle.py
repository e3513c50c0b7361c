"""Pages and browsers that end, come twice, sleep or come back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from playwright.async_api import Error as PlaywrightError

from tests.proof import proxy
from tests.proof.proxy import Weather

if TYPE_CHECKING:
    from tests.proof.chromium.desk import Desk
    from tests.proof.chromium.table import Table

# A kill falls into the writing of an entry, its sending, or the pause after it.
MOMENT_SECONDS = 0.5
SLEEP_SECONDS = (1.5, 3.0)


async def browser_killed(table: Table, *, times: int = 2) -> None:
    """SIGKILL of the whole browser at a random moment after a change; the profile is kept."""
    desk = await table.desk()
    for _ in range(times):
        for _ in range(table.dice.randint(1, 3)):
            await desk.act()
        await desk.pause(MOMENT_SECONDS)
        await desk.device.kill()
        desk.count("browser_killed")
        await desk.device.open()
        await desk.open()
    await desk.act()


async def reloaded(table: Table, *, times: int = 3) -> None:
    """A reload at a random moment after a change."""
    desk = await table.desk()
    for _ in range(times):
        for _ in range(table.dice.randint(1, 3)):
            await desk.act()
        await desk.pause(MOMENT_SECONDS)
        desk.count("reloaded")
        await desk.reload()
    await desk.act()


async def reloaded_while_it_loads(table: Table) -> None:
    """Reloads one after the other, before the page is open again."""
    desk = await table.desk()
    await desk.act()
    for _ in range(3):
        desk.count("reloaded_while_it_loads")
        await desk.reload(wait=False)
        await desk.pause(0.3)
    await desk.opened()
    await desk.act()


async def reloaded_between_reply_and_handler(table: Table) -> None:
    """The server has answered, the page is reloaded before it hears of it."""
    desk = await table.desk()
    desk.device.proxy.weather = Weather({proxy.REPLY_DROPPED: 1})
    await desk.act()
    await desk.act("choose")
    await asyncio.sleep(0.7)
    desk.device.proxy.weather = proxy.CALM
    desk.count("reloaded_between_reply_and_handler")
    await desk.reload()
    await desk.act()


async def tab_closed(table: Table) -> None:
    """The tab is closed in the middle, and the test opened in a new one."""
    desk = await table.desk()
    for _ in range(2):
        await desk.act()
        await desk.pause(MOMENT_SECONDS)
        left = desk.page
        await desk.device.context.new_page()
        await left.close()
        desk.count("tab_closed")
        await desk.open()
    await desk.act()


async def page_crashed(table: Table) -> None:
    """The process of the page crashes."""
    desk = await table.desk()
    await desk.act()
    await desk.act()
    await desk.pause(MOMENT_SECONDS)
    keys = await desk.device.devtools(desk.page)
    crashed = desk.page
    with contextlib.suppress(PlaywrightError, TimeoutError):
        await asyncio.wait_for(keys.send("Page.crash"), 0.5)
    desk.count("page_crashed")
    await desk.device.context.new_page()
    with contextlib.suppress(PlaywrightError):
        await crashed.close()
    await desk.open()
    await desk.act()


async def tab_duplicated(table: Table) -> None:
    """The same test in two tabs: the second takes over, then the first one again."""
    desk = await table.desk()
    await desk.act()
    first = desk.page
    await desk.pause()
    second = await desk.device.context.new_page()
    desk.count("tab_duplicated")
    await desk.turn_to(second)
    await desk.go()
    await desk.opened()
    await desk.act()
    await desk.act()
    if table.dice.random() < 0.5:
        await first.bring_to_front()
        await desk.turn_to(first)
        await desk.take_back()
        await desk.act()
        await second.close()
    else:
        await first.close()


async def left_and_come_back(table: Table) -> None:
    """Away by a link and back by the browser's button (back/forward cache)."""
    desk = await table.desk()
    await desk.act()
    await desk.pause()
    desk.count("left_and_come_back")
    await desk.page.goto(f"{desk.device.url}/", wait_until="load")
    with contextlib.suppress(PlaywrightError):
        await desk.page.go_back(wait_until="commit")
    await desk.opened()
    await desk.act()


async def renderer_slept(table: Table) -> None:
    """The page's process is stopped, as by a closed lid; afterwards the clock must be right."""
    desk = await table.desk()
    await desk.seconds_are_shown()
    await desk.act()
    await desk.until("saved")
    desk.device.sleep()
    desk.count("renderer_slept")
    await asyncio.sleep(table.dice.uniform(*SLEEP_SECONDS))
    desk.device.wake()
    await desk.read_clock()
    await desk.act()
    await desk.pause(MOMENT_SECONDS)
    desk.device.sleep()
    desk.count("renderer_slept")
    await desk.pause()
    desk.device.wake()


async def _offline(desk: Desk) -> None:
    await desk.device.context.set_offline(True)
    desk.count("offline")
    for _ in range(3):
        await desk.act()


async def offline_and_back(table: Table) -> None:
    """Without a network for a while; the page goes on."""
    desk = await table.desk()
    await desk.act()
    await _offline(desk)
    await desk.pause()
    await desk.device.context.set_offline(False)
    await desk.act()


async def closed_while_offline(table: Table) -> None:
    """Entries are on the device only, and the browser is closed or killed."""
    desk = await table.desk()
    await _offline(desk)
    await desk.until_on_device()
    if table.dice.random() < 0.5:
        await desk.device.kill()
        desk.count("browser_killed")
    else:
        await desk.device.quit()
        desk.count("browser_closed")
    await desk.device.open()
    await desk.open()
    await desk.act()


async def reloaded_while_offline(table: Table) -> None:
    """A reload without a network; the test is there again, or comes with the network."""
    desk = await table.desk()
    await desk.act()
    await _offline(desk)
    desk.count("reloaded_while_offline")
    await desk.reload(wait=False)
    await desk.pause()
    await desk.device.context.set_offline(False)
    await desk.come_back()
    await desk.act()


async def browsers_killed_often(table: Table) -> None:
    """As ``browser_killed``, many times in one session."""
    await browser_killed(table, times=6)


async def reloaded_often(table: Table) -> None:
    """As ``reloaded``, many times in one session."""
    await reloaded(table, times=8)


# For --long only.
OFTEN = (browsers_killed_often, reloaded_often)
SCENARIOS = (
    browser_killed,
    reloaded,
    offline_and_back,
    tab_closed,
    renderer_slept,
    tab_duplicated,
    reloaded_between_reply_and_handler,
    closed_while_offline,
    left_and_come_back,
    reloaded_while_it_loads,
    page_crashed,
    reloaded_while_offline,
)
