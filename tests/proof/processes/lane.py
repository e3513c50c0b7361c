"""One installation on one database and its days: ``lane DATABASE ORDERS RESULTS SECONDS``.

``ORDERS`` is a JSON file with the days' orders; each day's outcome is one line of JSON appended to
``RESULTS`` as soon as the day is over, so that a run that is stopped has lost nothing.  No day is
begun after ``SECONDS``.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.proof.checker import violations
from tests.proof.processes.days import Order, Outcome
from tests.proof.processes.installation import Installation
from tests.proof.processes.nemesis import Nemesis
from tests.proof.processes.outages import Outages
from tests.proof.processes.page import fast
from tests.proof.proxy import CALM, FAULTS, OF_A_CONNECTION, Proxy, Weather

if TYPE_CHECKING:
    from tests.proof.processes.academy import Academy

# The chance of each fault of an exchange; of a connection four times that.
FAULT_CHANCE = 0.012
OF_A_STUDENT = (
    "reload",
    "offline",
    "second_device",
    "device_lost",
    "profile_copied",
    "entry_during_submission",
)
SWEEP_SECONDS = 1.0
# Names a file that is given whole histories that break a promise, for whoever looks into them.
KEEP = "PROOF_KEEP"


class Lane:
    """Runs days on one installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.hands = ThreadPoolExecutor(1)
        self._academy: Academy | None = None

    def open(self) -> None:
        """Make everything that the days share."""
        self.by_hand(self._open)

    def _open(self) -> None:
        self.installation.prepare()
        import django

        django.setup()
        from django.core.management import call_command

        from tests.proof.processes.academy import Academy

        call_command("migrate", verbosity=0)
        self._academy = Academy()
        self._academy.make()
        self.let_go()
        self.installation.disk.settle()

    @property
    def academy(self) -> Academy:
        """What the students sit; there once the lane is open."""
        assert self._academy is not None
        return self._academy

    def by_hand(self, work: Any, *arguments: Any) -> Any:
        """Run something that blocks in the one thread that has the database and the processes."""
        return self.hands.submit(work, *arguments).result()

    def let_go(self) -> None:
        """Close this process's connections to the database."""
        from django.db import connections

        connections.close_all()

    def run(self, order: Order) -> Outcome:
        """Run one day."""
        if self.installation.control != order.control or not self.installation.is_up:
            # Asked to end, it would wait for connections that browsers keep open.
            self.by_hand(self.installation.kill)
            self.installation.control = order.control
            self.by_hand(self.installation.start)
        began = time.monotonic()
        outcome = asyncio.run(self._day(order))
        outcome.seconds = round(time.monotonic() - began, 1)
        return outcome

    async def _day(self, order: Order) -> Outcome:
        return await _Run(self, order).day()

    def close(self) -> None:
        """End everything."""
        self.by_hand(self.let_go)
        self.by_hand(self.installation.close)
        self.hands.shutdown()


class _Run:
    """One day."""

    def __init__(self, lane: Lane, order: Order) -> None:
        from tests.proof.processes.sitter import Day, Sitter

        self.lane = lane
        self.order = order
        self.academy = lane.academy
        self.dice = random.Random(order.seed)  # noqa: S311 - the same day again
        self.over = asyncio.Event()
        self.day_facts = Day(
            fast(order.students),
            order.seconds,
            order.pause,
            self.over,
            second_share=order.second_share,
            copied_share=0.0 if "backup_restored" in order.troubles else order.copied_share,
            drain_seconds=20 if order.control else 120,
        )
        self.make_sitter = Sitter
        self.proxy = Proxy(lane.installation.port, seed=order.seed)
        self.sitters: list[Sitter] = []
        self.outages = Outages(self.sitters)
        self.nemesis = Nemesis(
            lane.installation, self.proxy, lane.hands, self.dice, lane.let_go, self.outages
        )
        self.happened: Counter[str] = Counter()
        self.problems: list[str] = []

    async def day(self) -> Outcome:
        await self.proxy.start()
        await self.nemesis.start_database_where_it_ended()
        await self._by_hand(self._register)
        self.proxy.weather = self._storm()
        sweeping = asyncio.create_task(self._sweep())
        working = [asyncio.create_task(sitter.sit()) for sitter in self.sitters]
        await asyncio.gather(self._make_trouble(), asyncio.sleep(self.order.seconds))
        self.over.set()
        ended = await asyncio.gather(*working, return_exceptions=True)
        await self.nemesis.start_database_where_it_ended()
        self.proxy.weather = CALM
        ended += await asyncio.gather(
            *[sitter.finish() for sitter in self.sitters], return_exceptions=True
        )
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        await self.proxy.close()
        # A client that breaks proves nothing.
        self.problems += [f"client: {error!r}" for error in ended if error is not None]
        return await self._by_hand(self._look)  # type: ignore[no-any-return]

    def _storm(self) -> Weather:
        chances = {name: FAULT_CHANCE * (4 if name in OF_A_CONNECTION else 1) for name in FAULTS}
        return Weather(
            {**chances, **self.order.chances},
            latency_ms=60,
            jitter_ms=120,
            hold_seconds=0.8,
            replay_seconds=1.0,
        )

    def _register(self) -> None:
        for number in range(self.order.students):
            seat = self.academy.register(
                f"Min-ji {self.order.seed} {number}", lambda: self.proxy.port
            )
            seat = dataclasses.replace(seat, parts=seat.parts[: self.order.parts])
            is_short_of_time = self.dice.random() < self.order.deadline_share
            if is_short_of_time:
                left = self.dice.uniform(0.3, 1.1) * self.order.seconds
                self.academy.begin_before(seat, left)
                self.happened["deadline_in_the_middle"] += 1
            dice = random.Random(f"{self.order.seed}/{number}")  # noqa: S311
            self.sitters.append(
                self.make_sitter(seat, self.day_facts, dice, is_short_of_time=is_short_of_time)
            )

    async def _make_trouble(self) -> None:
        """One trouble after the other; whoever sits has it on the path."""
        pause = self.order.seconds / (len(self.order.troubles) + 1)
        for name in self.order.troubles:
            await asyncio.sleep(pause * self.dice.uniform(0.7, 1.1))
            try:
                is_done = await self.nemesis.do(name)
            except Exception as error:  # noqa: BLE001 - the day goes on and tells of it
                self.problems.append(f"nemesis {name}: {error!r}")
                continue
            if is_done:
                self.happened[name] += 1
                for sitter in self.sitters:
                    sitter.faults[name] += 1

    async def _sweep(self) -> None:
        """End overdue sessions and give time, again and again, from another process."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._by_hand(self._sweep_once)

    def _sweep_once(self) -> None:
        from django.db import InterfaceError, OperationalError, close_old_connections

        from placement_test.sessions import services

        try:
            close_old_connections()
            self.happened["swept"] += services.sweep()
            # Time that is given and lost again with a restore makes entries late, then not late.
            ids = [
                sitter.seat.session for sitter in self.sitters if not self._may_lose_time(sitter)
            ]
            if self.dice.random() < 1 / 4:
                self.happened["time_given"] += self.academy.give_time(self.dice, ids)
        except (OperationalError, InterfaceError):
            self.lane.let_go()

    def _may_lose_time(self, sitter: Any) -> bool:
        return sitter.is_short_of_time and "backup_restored" in self.order.troubles

    def _look(self) -> Outcome:
        """Compare what was promised with what is stored."""
        from tests.proof.processes.academy import history

        outcome = Outcome(self.order.seed, self.lane.installation.database, self.order.control)
        outcome.violations += [f"{self.order.seed}: {problem}" for problem in self.problems]
        found = outcome.violations
        self.lane.let_go()
        for sitter in self.sitters:
            met = sitter.faults + self.proxy.met[sitter.seat.session]
            record = history(
                sitter.seat,
                [profile.as_client() for profile in sitter.profiles],
                met,
                restored=self.nemesis.has_restored,
                outages=self.outages.of[sitter.seat.session],
            )
            outcome.sessions += 1
            outcome.histories += bool(met)
            outcome.entries += sum(len(client.entries) for client in record.clients)
            outcome.acknowledged += sum(len(client.acknowledged) for client in record.clients)
            broken = [str(each) for each in violations(record)]
            told = [*sitter.problems, *broken]
            found += [f"{self.order.seed} {sitter.seat.session}: {each}" for each in told]
            # Not that pages never end: the checker has to see it.
            if broken and outcome.caught_after is None:
                outcome.caught_after = outcome.sessions
            if told and KEEP in os.environ:
                with Path(os.environ[KEEP]).open("a") as file:
                    file.write(f"{told}\n{record}\n\n")
            _cover(outcome, record, sitter)
        self._count(outcome)
        self.lane.let_go()
        return outcome

    def _count(self, outcome: Outcome) -> None:
        faults = self.proxy.counts + self.happened
        for sitter in self.sitters:
            for name in OF_A_STUDENT:
                faults[name] += sitter.faults[name]
        outcome.faults = {name: count for name, count in sorted(faults.items()) if count}
        outcome.statuses = {
            str(status): count for status, count in sorted(self.proxy.statuses.items())
        }
        if self.proxy.statuses[500]:
            outcome.violations.append(
                f"{self.order.seed}: {self.proxy.statuses[500]} replies of 500"
            )

    async def _by_hand(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.lane.hands, work, *arguments)


def _cover(outcome: Outcome, record: Any, sitter: Any) -> None:
    """Count what the histories had, so that a report can say what was not tried."""
    stored = record.stored
    seen = outcome.coverage
    facts = {
        "two_devices": len(record.clients) > 1,
        "two_writers": len(stored.writers) > 1,
        "submitted": stored.state == "submitted",
        "expired": stored.state == "expired",
        "restored_from_backup": record.restored,
        "entries_duplicate": any(
            each.status == "duplicate" for client in record.clients for each in client.acknowledged
        ),
        **{
            f"entries_{status}": any(event.status == status for event in stored.events)
            for status in ("superseded", "late", "rejected")
        },
        "conflict": bool(stored.conflicts),
    }
    for name, is_so in facts.items():
        seen[name] = seen.get(name, 0) + bool(is_so)
    told = sum(len(outage.acknowledged) for outage in record.outages)
    seen["acknowledged_before_power_cut"] = seen.get("acknowledged_before_power_cut", 0) + told


def main() -> None:
    """Run the days that are ordered."""
    database, orders, results, seconds = sys.argv[1:]
    ends = time.monotonic() + float(seconds)
    # Asked to end, it ends its servers and takes its disk away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # In memory where there is some: what a run proves does not hang on the speed of the disk.
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="primepath-proof-", dir=parent) as folder:
        lane = Lane(Installation(Path(folder), database))
        try:
            lane.open()
            for number, facts in enumerate(json.loads(Path(orders).read_text())):
                if number and time.monotonic() > ends:
                    break
                order = Order(**{**facts, "troubles": tuple(facts["troubles"])})
                outcome = lane.run(order)
                with Path(results).open("a") as file:
                    file.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
        finally:
            lane.close()


if __name__ == "__main__":
    main()
