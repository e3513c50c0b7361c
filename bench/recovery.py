"""How long it takes to the next acknowledgement after kill -9 of each process of an installation.

``scripts/bench recovery [--rounds N] [--write]``.  The supervisor is the product's own (``manage.py
serve``, what the unit in ``deploy/`` runs); systemd above it is not part of the measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from bench.overhead import circumstances
from tests.proof.processes.installation import Installation, signal_if_there
from tests.proof.processes.lane import Lane
from tests.proof.processes.page import FAST, Page
from tests.proof.processes.profile import Profile

RESULT = Path(__file__).parent / "results" / "recovery.json"
VICTIMS = {"sqlite": ("worker", "web", "periodic"), "postgresql": ("worker", "web", "database")}
GOAL_SECONDS = {"worker": 5, "web": 5, "periodic": 5, "database": 30}
# A page that has written for so long is in the middle of its work.
SETTLE_SECONDS = 2.0
MOST_SECONDS = 90.0
BETWEEN_SAVES_SECONDS = 0.02


def kill(installation: Installation, victim: str) -> None:
    """Kill one process of the installation; of several web processes all, so that none answers."""
    if victim == "database":
        installation.kill_database()
        return
    if victim == "worker":
        for worker in installation.web_workers:
            signal_if_there(worker, signal.SIGKILL)
        return
    process = installation.parent if victim == "web" else installation.periodic
    signal_if_there(process, signal.SIGKILL)


async def next_acknowledgement(lane: Lane, victim: str) -> float:
    """Return the seconds from the kill to the acknowledgement of an entry made after it."""
    installation = lane.installation
    loop = asyncio.get_running_loop()
    seat = await loop.run_in_executor(
        lane.hands, lane.academy.register, f"Min-ji {uuid.uuid4()}", lambda: installation.port
    )
    dice = random.Random(1)
    page = Page(seat, Profile("first"), dice, FAST)
    await page.open()
    for _ in range(3):
        page.enter()
        await page.send()
    await asyncio.sleep(SETTLE_SECONDS)
    killed = loop.run_in_executor(lane.hands, kill, installation, victim)
    # The kill itself is a few milliseconds into the call; PostgreSQL is also started in it.
    began = time.monotonic()
    if victim != "database":
        await killed
    took = await _until_acknowledged(page, began)
    await killed
    page.close()
    return took


async def _until_acknowledged(page: Page, began: float) -> float:
    await asyncio.sleep(0.05)
    before = len(page.profile.acknowledged)
    while len(page.profile.acknowledged) == before:
        if time.monotonic() > began + MOST_SECONDS:
            raise RuntimeError("no acknowledgement any more")
        if not page.profile.unsent:
            page.enter()
        await page.send()
        await asyncio.sleep(BETWEEN_SAVES_SECONDS)
    return time.monotonic() - began


def measure(database: str, rounds: int) -> dict[str, Any]:
    """Kill each process so many times, each time of an installation that was freshly started."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="primepath-bench-") as folder:
        lane = Lane(Installation(Path(folder), database))
        try:
            lane.open()
            for victim in VICTIMS[database]:
                seconds = [_round(lane, victim) for _ in range(rounds)]
                found[victim] = {
                    "median_s": round(statistics.median(seconds), 2),
                    "worst_s": round(max(seconds), 2),
                    "goal_s": GOAL_SECONDS[victim],
                    "rounds": rounds,
                }
                print(database, victim, found[victim], flush=True)
        finally:
            lane.close()
    return found


def _round(lane: Lane, victim: str) -> float:
    # A fresh supervisor: what is killed again and again is started ever later, on purpose.
    lane.by_hand(lane.installation.stop)
    lane.by_hand(lane.installation.start)
    if victim == "periodic":
        time.sleep(4)  # it is started a little after the web server
    return asyncio.run(next_acknowledgement(lane, victim))


def main() -> None:
    """Measure both databases, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", choices=list(VICTIMS))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for database in [options.database] if options.database else list(VICTIMS):
        # Each in a process of its own: an installation sets the environment of its process.
        file = Path(tempfile.mkstemp()[1])
        if (child := os.fork()) == 0:
            file.write_text(json.dumps(measure(database, options.rounds)))
            os._exit(0)
        os.waitpid(child, 0)
        found[database] = json.loads(file.read_text())
        file.unlink()
    text = json.dumps({**found, **circumstances()}, indent=2)
    print(text)
    if options.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text + "\n")


if __name__ == "__main__":
    main()
