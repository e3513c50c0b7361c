"""From the click that forms an entry to its durability on the device, in Chromium.

``scripts/bench durability`` prints the figures; ``--write`` also keeps them in ``bench/results``.
IndexedDB with strict durability, the profile on a disk, the server saving at the same time.
"""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING, Any

from bench import _chromium

if TYPE_CHECKING:
    from playwright.async_api import Playwright

    from tests.proof.chromium.site import Site

ENTRIES = 600
GOAL_MEDIAN_MS, GOAL_P99_MS = 10, 50
# Nobody clicks faster; a page that is never idle would measure its own backlog.
PAUSE_MS = 60
# The first entry of a profile makes the files of the database.
WARM_UP = 10
WATCH = """() => {
  window.times = [];
  let began = 0;
  document.addEventListener("click", ({ target }) => {
    if (target.matches("#sheet input, #sheet button")) began = performance.now();
  }, true);
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function watched(stores, ...options) {
    const made = transaction.call(this, stores, ...options);
    if ([].concat(stores).sort().join() === "outbox,writers") {
      made.addEventListener("complete", () => window.times.push(performance.now() - began));
    }
    return made;
  };
}"""
PLACES = """() => [...document.querySelectorAll("#sheet label.bubble")].map((bubble) => {
  const { x, y, width, height } = bubble.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
})"""


async def measure(playwright: Playwright, site: Site) -> dict[str, Any]:
    """Click options, one after the other, and wait for each to be durable."""
    from tests.proof.chromium.table import Table

    dice = random.Random(1)
    table = Table(playwright, site, dice)
    desk = await table.desk()
    await desk.page.evaluate(WATCH)
    places = await desk.page.evaluate(PLACES)
    last = None
    for number in range(WARM_UP + ENTRIES):
        # A click on the chosen option would take it back: an entry as well, but two clicks apart.
        last = dice.choice([place for place in places if place != last])
        await desk.page.mouse.click(*last)
        await desk.page.wait_for_function(f"() => window.times.length > {number}")
        await desk.page.wait_for_timeout(PAUSE_MS)
    times: list[float] = (await desk.page.evaluate("() => window.times"))[WARM_UP:]
    await desk.finish()
    await table.close()
    return {
        "entries": len(times),
        "median_ms": round(statistics.median(times), 2),
        "p90_ms": round(_chromium.percentile(times, 90), 2),
        "p99_ms": round(_chromium.percentile(times, 99), 2),
        "worst_ms": round(max(times), 2),
        "goal_median_ms": GOAL_MEDIAN_MS,
        "goal_p99_ms": GOAL_P99_MS,
    }


if __name__ == "__main__":
    _chromium.run("durability", "Entry formed to durable on the device.", measure, on_disk=True)
