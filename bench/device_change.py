"""How long a student is without the test when a laptop dies and there is another one.

``scripts/bench device_change`` prints the figures; ``--write`` keeps them in ``bench/results``.
The browser is killed with -9; at another one the code is entered with the page's own keys, symbol
by symbol.  The time runs until the fields are open and show what the server had acknowledged.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import TYPE_CHECKING, Any

from bench import _chromium

if TYPE_CHECKING:
    from playwright.async_api import Playwright

    from tests.proof.chromium.site import Site
    from tests.proof.chromium.table import Table

RUNS = 10
GOAL_SECONDS = 20


async def measure(playwright: Playwright, site: Site) -> dict[str, Any]:
    """Let laptops die."""
    from tests.proof.chromium.table import Table

    table = Table(playwright, site, random.Random(1))
    figures = [await change(table) for _ in range(RUNS)]
    await table.close()
    return {
        "runs": len(figures),
        "median_seconds": round(statistics.median(figures), 2),
        "worst_seconds": round(max(figures), 2),
        "goal_seconds": GOAL_SECONDS,
        "includes": "start of the other browser, twelve symbols by keys, loading, taking over",
    }


async def change(table: Table) -> float:
    """Return the seconds from the death of one laptop to the same screen at another."""
    dead = await table.desk(await table.device())
    for _ in range(5):
        await dead.act()
    await dead.until("saved")
    shown = await dead.fields()
    await dead.device.kill()
    began = time.monotonic()
    other = await table.desk_elsewhere(dead, await table.device())
    await other.come_by_code(by_keys=True)
    if await other.fields() != shown:
        raise RuntimeError("the other device shows something else")
    seconds = time.monotonic() - began
    await other.device.quit()
    return seconds


if __name__ == "__main__":
    _chromium.run("device_change", "A dead laptop, and the same screen elsewhere.", measure)
