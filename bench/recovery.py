"""How long it takes to the next acknowledgement after kill -9 of each process of an installation.

``scripts/bench recovery [--rounds N] [--write]``.  The supervisor is the product's own (``manage.py
serve``, what the unit in ``deploy/`` runs); systemd above it is not part of the measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import random
import signal
import statistics
import tempfile
import time
import traceback
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.overhead import circumstances
from tests.proof.processes.installation import Installation, signal_if_there
from tests.proof.processes.lane import Lane
from tests.proof.processes.page import FAST, Page
from tests.proof.processes.profile import Profile
from tests.servers import stop_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = Path(__file__).parent / "results" / "recovery.json"
VICTIMS = {
    "sqlite": ("worker", "web", "periodic"),
    "postgresql": ("worker", "web", "periodic", "database"),
}
GOAL_SECONDS = {"worker": 5, "web": 5, "periodic": 5, "database": 30}
# A page that has written for so long is in the middle of its work.
SETTLE_SECONDS = 2.0
# Each of them has been replaced by then, or the gap is not over and is watched until it is.
WATCHED_SECONDS = 12.0
MOST_SECONDS = 90.0
# Half of the calls that the server takes of one session (saving/limits.py): a page that asks more
# often is told to wait, and measures that.
BETWEEN_SAVES_SECONDS = 0.1


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


async def without_acknowledgement(lane: Lane, victim: str) -> float:
    """Return for how many seconds nothing was acknowledged after the kill."""
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
    gap = await _longest_gap(page, killed)
    page.close()
    return gap


async def _longest_gap(page: Page, killed: asyncio.Future[None]) -> float:
    """Save without a break; return the longest time between two acknowledgements.

    A worker outlives its parent for a moment, so the first one after the kill is not the end of it.
    """
    began = last = now = time.monotonic()
    longest = 0.0
    while now < began + WATCHED_SECONDS or now > last or not killed.done():
        before = len(page.profile.acknowledged)
        if not page.profile.unsent:
            page.enter()
        await page.send()
        now = time.monotonic()
        longest = max(longest, now - last)
        if len(page.profile.acknowledged) > before:
            last = now
        elif now > last + MOST_SECONDS:
            raise RuntimeError("no acknowledgement any more")
        await asyncio.sleep(BETWEEN_SAVES_SECONDS)
    await killed
    return longest


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
    lane.by_hand(lane.installation.kill)
    lane.by_hand(lane.let_go)
    lane.by_hand(lane.installation.start)
    if victim == "periodic":
        time.sleep(4)  # it is started a little after the web server
    return asyncio.run(without_acknowledgement(lane, victim))


def in_own_process(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start ``work`` in a child (an installation sets the environment of its process).

    Return what waits for its result.
    """
    with tempfile.NamedTemporaryFile(delete=False) as made:
        file = Path(made.name)
    child = os.fork()
    if child == 0:
        stop_with_parent()
        try:
            file.write_text(json.dumps(work()))
            os._exit(0)
        finally:
            # Reached only where it was raised: the child must not go on as its parent.
            traceback.print_exc()
            os._exit(1)

    def wait() -> Any:
        _pid, status = os.waitpid(child, 0)
        found = file.read_text()
        file.unlink()
        if status != 0:
            raise RuntimeError("the measurement failed; the lines above say why")
        return json.loads(found)

    return wait


def main() -> None:
    """Measure both databases, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", choices=list(VICTIMS))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for database in [options.database] if options.database else list(VICTIMS):
        found[database] = in_own_process(functools.partial(measure, database, options.rounds))()
    text = json.dumps({**found, **circumstances()}, indent=2)
    print(text)
    if options.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text + "\n")


if __name__ == "__main__":
    main()
