"""What a student's page keeps of a long day: answer events without end in one tab.

``scripts/bench tab_memory`` prints the figures; ``--write`` also keeps them in ``bench/results``,
``--sessions`` says how many sessions' answer events it enters (9,000 take about an hour).
The page shows a scan of ten pages.  Events come through its own fields, outbox and saver to a real
server, as fast as the device writes; heap, nodes and listeners are read after a forced collection,
in between and at the end.
"""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING, Any

from bench import _chromium

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page, Playwright

    from tests.proof.chromium.site import Site

PAGES = 10
SESSIONS = 750
READINGS = 10
# What a student enters in one test: about as many changes as the longest exams have questions.
EVENTS_A_SESSION = 50
WANTED_SESSIONS = 9000
GOAL_HEAP_MB = 60
# The first reading comes after everything has been used once.
WARM_UP_EVENTS = 2000
# Far behind the end of any measurement.
DEADLINE_SECONDS = 24 * 3600
# As fast as the device writes: some events at once, then it waits until they are saved on it.
ENTER = """async (wanted) => {
  const root = document.querySelector("#main");
  const label = root.querySelector("[data-slot=save-state]");
  const questions = [...document.querySelectorAll("#sheet .question")]
    .map((question) => [...question.querySelectorAll("label.bubble input[type=radio]")])
    .filter((inputs) => inputs.length);
  let events = 0;
  const isWriting = () => label.textContent.trim() === window.proofWords.writing;
  while (events < wanted) {
    for (let k = 0; k < 25; k += 1) {
      const inputs = questions[events % questions.length];
      inputs[Math.floor(events / questions.length) % inputs.length].click();
      events += 1;
    }
    do await new Promise((resolve) => setTimeout(resolve, 0)); while (isWriting());
  }
}"""
WORDS = """() => {
  window.proofWords = {
    writing: document.querySelector("#words").content
      .querySelector("[data-word=save-writing]").textContent.trim(),
  };
}"""
SCROLL = """async () => {
  for (const page of document.querySelectorAll(".paper-page")) {
    page.scrollIntoView();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}"""


async def measure(playwright: Playwright, site: Site, *, sessions: int) -> dict[str, Any]:
    """Sit one test, entering as many answers as ``sessions`` sessions do."""
    from tests.proof.chromium.desk import Desk
    from tests.proof.chromium.device import Device

    device = Device(playwright, site.port, seed=1)
    seat = await site.scan_seat(PAGES)
    await device.seat(seat)
    desk = Desk(site, seat, device, random.Random(1))
    await desk.sit_down()
    await site.end_in(seat.session, DEADLINE_SECONDS)
    page = desk.page
    devtools = await device.devtools(page)
    await devtools.send("Performance.enable")
    await page.evaluate(WORDS)
    await page.evaluate(SCROLL)
    opened = await reading(page, devtools)
    pages = await page.locator(".paper-page").count()
    # Painting takes most of the time, and none of what is measured.
    await page.set_viewport_size({"width": 320, "height": 200})
    await page.evaluate(ENTER, WARM_UP_EVENTS)
    began = time.monotonic()
    readings = [await settled(desk, devtools)]
    part = sessions * EVENTS_A_SESSION // (READINGS - 1)
    for _ in range(READINGS - 1):
        await page.evaluate(ENTER, part)
        readings.append(await settled(desk, devtools))
        print(readings[-1], file=sys.stderr, flush=True)
    events = part * (READINGS - 1)
    took = time.monotonic() - began
    saved = len((await site.stored(seat.session)).events)
    await device.discard()
    first, last = readings[0], readings[-1]
    return {
        "pages_of_the_scan": pages,
        "heap_mb_after_all_pages_were_seen": opened["heap_mb"],
        "goal_heap_mb": GOAL_HEAP_MB,
        "events": events,
        "seconds": round(took),
        "sessions_worth": events // EVENTS_A_SESSION,
        "wanted_sessions": WANTED_SESSIONS,
        "events_a_session": EVENTS_A_SESSION,
        "entries_on_the_server": saved,
        "readings": readings,
        "heap_growth_mb": round(last["heap_mb"] - first["heap_mb"], 2),
        "node_growth": last["nodes"] - first["nodes"],
        "listener_growth": last["listeners"] - first["listeners"],
        # What the growth would be after the whole of it.
        "heap_growth_mb_at_9000_sessions": round(
            (last["heap_mb"] - first["heap_mb"])
            * WANTED_SESSIONS
            / max(1, events / EVENTS_A_SESSION),
            1,
        ),
    }


async def settled(desk: Any, devtools: CDPSession) -> dict[str, float]:
    """Return a reading once everything is saved."""
    await desk.until("saved", seconds=600)
    return await reading(desk.page, devtools)


async def reading(page: Page, devtools: CDPSession) -> dict[str, float]:
    """Return heap, nodes and listeners after everything unreachable has been collected."""
    for _ in range(4):
        await devtools.send("HeapProfiler.collectGarbage")
        # What tidies up after the collected runs in turns of its own.
        await page.wait_for_timeout(300)
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    figures = {one["name"]: one["value"] for one in metrics}
    return {
        "heap_mb": round(figures["JSHeapUsedSize"] / 1e6, 2),
        "nodes": figures["Nodes"],
        "listeners": figures["JSEventListeners"],
    }


if __name__ == "__main__":
    _chromium.run(
        "tab_memory",
        "Heap, nodes and listeners of one tab.",
        measure,
        has_sample=True,
        application="bench._unbounded:application",
        sessions=SESSIONS,
    )
