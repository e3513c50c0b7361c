"""How long it takes until everything is back after a backup was restored under open pages.

Nobody acts.  ``scripts/bench restore_drills [--drills N] [--write]``.  Scripted pages at the
product's own pace (8 s a call, retry up to 30 s, heartbeat every 15 s) hold what the backup lacks;
the clock runs from the moment when the restored server answers until all of it is stored again.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import random
import statistics
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.overhead import circumstances
from bench.recovery import in_own_process
from tests.proof.checker import violations
from tests.proof.processes.installation import Installation
from tests.proof.processes.lane import Lane
from tests.proof.processes.page import REAL, Page
from tests.proof.processes.profile import Profile

if TYPE_CHECKING:
    from tests.proof.processes.page import Seat

RESULT = Path(__file__).parent / "results" / "restore_drills.json"
# What the server had when the backup was taken.
MOMENTS = ("before_registration", "before_start", "in_the_middle", "before_submission")
STUDENTS = 3
ENTRIES = 12
GOAL_SECONDS = 60
GIVE_UP_SECONDS = 120
LOOK_SECONDS = 0.5


@dataclass
class Drill:
    """One restore with its students."""

    lane: Lane
    moment: str
    dice: random.Random
    backup: Path = Path()
    seats: list[Seat] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    saving: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        """Return how long it took until everything was back, and what was broken."""
        await self._until_the_end()
        await self._hands(self._restore)
        began = time.monotonic()
        took: float | None = None
        while took is None and time.monotonic() < began + GIVE_UP_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            if await self._hands(self._is_back):
                took = time.monotonic() - began
        broken = [] if took is None else await self._hands(self._broken)
        for page, task in zip(self.pages, self.saving, strict=True):
            page.close()
            task.cancel()
        await asyncio.gather(*self.saving, return_exceptions=True)
        lost = "not everything came back" if took is None else ""
        return {
            "moment": self.moment,
            "seconds": took,
            "problems": [*broken, *filter(None, [lost])],
        }

    async def _until_the_end(self) -> None:
        if self.moment == "before_registration":
            await self._hands(self._take_backup)
        await self._hands(self._register)
        if self.moment == "before_start":
            await self._hands(self._take_backup)
        self.pages = [Page(seat, Profile("first"), self.dice, REAL) for seat in self.seats]
        self.saving = [asyncio.create_task(page.save_for_ever()) for page in self.pages]
        for page in self.pages:
            await page.open()
        await self._work()
        if self.moment == "in_the_middle":
            await self._hands(self._take_backup)
            await self._work()
        if self.moment == "before_submission":
            await self._hands(self._take_backup)
            await asyncio.gather(*[page.submit() for page in self.pages])

    async def _work(self) -> None:
        for _ in range(ENTRIES):
            for page in self.pages:
                page.enter()
            await asyncio.sleep(0.1)
        while not all(page.is_drained for page in self.pages):
            await asyncio.sleep(0.1)

    def _register(self) -> None:
        for _ in range(STUDENTS):
            seat = self.lane.academy.register(f"Min-ji {uuid.uuid4()}", self._port)
            self.seats.append(seat)

    def _port(self) -> int:
        return self.lane.installation.port

    def _take_backup(self) -> None:
        self.backup = self.lane.installation.backup(f"drill-{time.monotonic_ns()}")

    def _restore(self) -> None:
        self.lane.installation.kill()
        self.lane.let_go()
        self.lane.installation.restore(self.backup)
        self.lane.installation.start()

    def _is_back(self) -> bool:
        """Return whether each entry that a page holds is stored, and each submission made."""
        from placement_test.models import AnswerEvent, StudentSession

        for page in self.pages:
            session = StudentSession.objects.filter(id=page.seat.session).first()
            if session is None:
                return False
            events = AnswerEvent.objects.filter(session=session)
            there = {(event.writer.hex, event.seq) for event in events}
            if not page.profile.entries.keys() <= there:
                return False
            if page.profile.receipt is not None and session.state != "submitted":
                return False
        return True

    def _broken(self) -> list[str]:
        from tests.proof.processes.academy import history

        found: list[str] = []
        for page in self.pages:
            record = history(page.seat, [page.profile.as_client()], ["restore"], restored=True)
            found += [str(each) for each in violations(record)]
        return found

    async def _hands(self, work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.lane.hands, work)


def measure(database: str, numbers: list[int]) -> list[dict[str, Any]]:
    """Run these drills on one installation, the moments in turn."""
    found = []
    with tempfile.TemporaryDirectory(prefix="primepath-bench-") as folder:
        lane = Lane(Installation(Path(folder), database))
        try:
            lane.open()
            lane.by_hand(lane.installation.start)
            for number in numbers:
                moment = MOMENTS[number % len(MOMENTS)]
                found.append({**asyncio.run(_drill(lane, moment, number)), "database": database})
                print(found[-1], flush=True)
        finally:
            lane.close()
    return found


async def _drill(lane: Lane, moment: str, number: int) -> dict[str, Any]:
    return await Drill(lane, moment, random.Random(number)).run()


def summary(drills: list[dict[str, Any]]) -> dict[str, Any]:
    """Return median and worst of all drills, and of each moment."""
    by_moment = {}
    for moment in MOMENTS:
        took = [each["seconds"] for each in drills if each["moment"] == moment]
        back = [seconds for seconds in took if seconds is not None]
        by_moment[moment] = {
            "drills": len(took),
            "back": len(back),
            "median_s": round(statistics.median(back), 1) if back else None,
            "worst_s": round(max(back), 1) if back else None,
        }
    everything = [each["seconds"] for each in drills if each["seconds"] is not None]
    return {
        "drills": len(drills),
        "back": len(everything),
        "back_within_goal": sum(seconds <= GOAL_SECONDS for seconds in everything),
        "median_s": round(statistics.median(everything), 1) if everything else None,
        "worst_s": round(max(everything), 1) if everything else None,
        "goal_s": GOAL_SECONDS,
        "problems": [problem for each in drills for problem in each["problems"]],
        "moments": by_moment,
        "pages_a_drill": STUDENTS,
    }


def main() -> None:
    """Run the drills on both databases at the same time, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drills", type=int, default=50)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    waiting = []
    for place, database in enumerate(("sqlite", "postgresql")):
        numbers = [n for n in range(options.drills) if n // len(MOMENTS) % 2 == place]
        waiting.append(in_own_process(functools.partial(measure, database, numbers)))
    drills: list[dict[str, Any]] = [each for wait in waiting for each in wait()]
    text = json.dumps({**summary(drills), **circumstances()}, indent=2)
    print(text)
    if options.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text + "\n")


if __name__ == "__main__":
    main()
