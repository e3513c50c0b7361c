"""What happens to the server under open pages."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.proof.chromium.desk import Stuck

if TYPE_CHECKING:
    from tests.proof.chromium.desk import Desk
    from tests.proof.chromium.table import Table

# DESIGN.md: all that living browsers hold is back within that, and nobody does anything.
BACK_SECONDS = 60
PAGES = 2


async def server_killed(table: Table) -> None:
    """SIGKILL of the web server, every worker at once, under open pages; it comes back."""
    desks = [await table.desk() for _ in range(PAGES)]
    for _ in range(2):
        await _act(desks)
        await desks[0].pause()
        await table.site.kill()
        for desk in desks:
            desk.count("server_killed")
        await _act(desks)
        await table.site.start()
    await _act(desks)


async def version_deployed(table: Table) -> None:
    """Another release is put in place under open pages; one goes on, one is reloaded into it."""
    desks = [await table.desk() for _ in range(PAGES)]
    await _act(desks)
    await desks[0].device.context.set_offline(True)
    await _act(desks)
    await table.site.deploy()
    for desk in desks:
        desk.count("version_deployed")
    await _act(desks)
    await desks[0].device.context.set_offline(False)
    await _act(desks)
    await desks[1].to_front()
    await desks[1].until("saved")
    await desks[1].reload()
    await _act(desks)


async def backup_restored(table: Table) -> None:
    """The server is stopped, an older copy of its database put back, and started again.

    Of the pages that live, one was registered after the backup, one begun after it, one was in the
    middle, one has handed in meanwhile.
    """
    await table.reserve(4)
    begun, handed_in = await table.desk(), await table.desk()
    later = await table.arrival()
    for desk in (begun, handed_in):
        await _act([desk])
        await desk.until("saved")
    await table.site.back_up("older")
    newest = await table.arrival()
    await later.sit_down()
    await newest.sit_down()
    desks = [begun, handed_in, later, newest]
    await _act(desks)
    await _act(desks)
    for desk in desks:
        await desk.until("saved")
    await handed_in.finish()
    table.server_was_restored()
    await table.site.restore("older")
    for desk in desks:
        desk.count("backup_restored")
    table.measure("back_after_restore_seconds", await _until_back(desks))
    handed_in.is_finished = False


async def _act(desks: list[Desk]) -> None:
    for desk in desks:
        await desk.to_front()
        await desk.act()


async def _until_back(desks: list[Desk]) -> float:
    began = time.monotonic()
    while True:
        missing = [await desk.missing() for desk in desks]
        if not any(missing):
            return time.monotonic() - began
        if time.monotonic() - began > BACK_SECONDS:
            raise Stuck(f"not back after {BACK_SECONDS} s: {missing}")
        await asyncio.sleep(0.5)
