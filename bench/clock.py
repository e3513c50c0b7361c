"""How far the time that a page shows is from the server's, on devices and networks that are bad.

``scripts/bench clock`` prints the figures; ``--write`` also keeps them in ``bench/results``.  Every
page is behind 300 +- 200 ms each way; device clocks are wrong by a day, are set by a day in the
middle, or the device sleeps again and again.  A figure is taken whenever the shown second changes.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from typing import TYPE_CHECKING, Any

from bench import _chromium

if TYPE_CHECKING:
    from playwright.async_api import Playwright

    from tests.proof.chromium.device import Device
    from tests.proof.chromium.site import Site
    from tests.proof.chromium.table import Table

DAY_MS = 24 * 3600 * 1000
# Below two minutes the page shows seconds, so that every change can be timed.
SECONDS_LEFT = 118
SECONDS_WATCHED = 100
GOAL_MS = 250
SLEEPS = 6
SLEEP_SECONDS = 3.0
CONDITIONS = ("right", "a_day_behind", "a_day_ahead", "set_by_a_day", "sleeps", "sleeps_ahead")
WATCH = """() => {
  window.changes = [];
  const text = document.querySelector("#main [data-slot=time-text]");
  new MutationObserver(() => {
    window.changes.push([performance.timeOrigin + performance.now(), text.textContent.trim()]);
  }).observe(text, { childList: true, characterData: true, subtree: true });
}"""


async def measure(playwright: Playwright, site: Site) -> dict[str, Any]:
    """Watch a page in each condition, all at once."""
    from tests.proof import proxy
    from tests.proof.chromium.table import Table
    from tests.proof.proxy import Weather

    # 100 ms and up to 400 more, each way.
    far = Weather({proxy.LATENCY: 1, proxy.JITTER: 1}, latency_ms=100, jitter_ms=400)
    table = Table(playwright, site, random.Random(1))
    devices = {name: await table.device() for name in CONDITIONS}
    for device in devices.values():
        device.proxy.weather = far
    figures = await asyncio.gather(
        *(watch(table, device, name) for name, device in devices.items())
    )
    await table.close()
    errors = [error for each in figures for error in each]
    return {
        "changes_of_the_shown_second": len(errors),
        "p99_ms": round(_chromium.percentile([abs(error) for error in errors], 99)),
        "median_ms": round(statistics.median(errors)),
        "most_above_ms": round(max(errors)),
        "most_below_ms": round(-min(errors)),
        "conditions": {
            name: {
                "changes": len(each),
                "p99_ms": round(_chromium.percentile([abs(error) for error in each], 99)),
                "median_ms": round(statistics.median(each)),
            }
            for name, each in zip(CONDITIONS, figures, strict=True)
        },
        "network": "300 +- 200 ms each way",
        "goal_p99_ms": GOAL_MS,
    }


async def watch(table: Table, device: Device, condition: str) -> list[float]:
    """Return shown minus server's time (ms) of one page at every change of the shown second."""
    from tests.proof.chromium.faults.surroundings import WRONG_CLOCK

    desk = await table.arrival(device)
    off = {"a_day_behind": -DAY_MS, "a_day_ahead": DAY_MS, "sleeps_ahead": DAY_MS}.get(condition)
    if off:
        desk.scripts.append(WRONG_CLOCK % (off, off))
    await desk.sit_down()
    await table.site.end_in(desk.seat.session, SECONDS_LEFT)
    # A page that is loaded now knows nothing of the time it had before.
    await desk.reload()
    await desk.page.evaluate(WATCH)
    ends = time.monotonic() + SECONDS_WATCHED
    while time.monotonic() < ends:
        await asyncio.sleep(SECONDS_WATCHED / SLEEPS / 2)
        if condition.startswith("sleeps") and time.monotonic() < ends - SLEEP_SECONDS:
            device.sleep()
            await asyncio.sleep(SLEEP_SECONDS)
            device.wake()
        elif condition == "set_by_a_day":
            off = desk.dice.choice([-DAY_MS, DAY_MS])
            await desk.page.evaluate(WRONG_CLOCK % (off, off))
    changes = await desk.page.evaluate("() => window.changes")
    left = await table.site.milliseconds_left(desk.seat.session)
    return _errors(changes, deadline_ms=time.time() * 1000 + left)


def _errors(changes: list[tuple[float, str]], *, deadline_ms: float) -> list[float]:
    """Return the error at each change.

    Where the shown second falls by one, the page's time has just gone below it.  Where it jumps
    (after a sleep) what it shows is only known to a second: the nearest end of it counts.
    """
    errors: list[float] = []
    before: int | None = None
    for at, text in changes:
        minutes, colon, seconds = text.partition(":")
        if not colon:
            before = None
            continue
        shown = int(minutes) * 60 + int(seconds)
        real = deadline_ms - at
        least, most = shown * 1000.0, shown * 1000.0 + 1000
        if before is not None and before - shown == 1:
            errors.append(most - real)
        else:
            errors.append(least - real if real < least else most - real if real > most else 0.0)
        before = shown
    return errors


if __name__ == "__main__":
    _chromium.run("clock", "Shown time against the server's.", measure)
