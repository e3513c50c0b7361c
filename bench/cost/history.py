"""What a save and each page of staff cost, with ever more answers stored."""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from bench._seats import Hall
from bench.cost.browser import Browser, load
from bench.cost.meter import Cost, Meter
from placement_test.lib import clock
from placement_test.models import StudentAnswer
from tests.test_queries_of_pages import IN_BATCHES, PAGES, Academy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench._orders import Seat
    from bench._rows import Row

SAVE = "save"
# More sessions than a page of the list shows, so that it shows as many at every step.
ROWS = 60
WORKING = 20
# Made by one statement.
TOGETHER = 25_000
BEFORE = dt.timedelta(days=30)
# A page that has become slow is not visited as often as the others.
MOST_SECONDS = 10.0


def measure(*, steps: Sequence[int], rounds: int) -> list[Row]:
    """Measure at each number of stored answers; a row for the save and for each page."""
    academy = Academy(ROWS)
    # Who registers from now on sits the exam of the hall.
    academy.version.exam.levels.clear()
    hall = Hall()
    hall.open()
    _number, seats = hall.seat(WORKING)
    load()
    meter = Meter()
    director = Browser(meter, academy.director.cookies)
    student = Student(Browser(meter), hall, seats)
    rows = []
    for answers in steps:
        _fill(hall, answers)
        stored = StudentAnswer.objects.count()
        rows += [
            {"answers": stored, "what": what, **costs(work, rounds)}
            for what, work in _works(academy, director, student)
        ]
    return rows


def costs(work: Callable[[Cost], None], rounds: int) -> Row:
    """Do ``work`` again and again; return what it costs in the middle."""
    work(Cost())
    cost = Cost()
    give_up_at = time.monotonic() + MOST_SECONDS
    while len(cost.wall_ms) < rounds and time.monotonic() < give_up_at:
        work(cost)
    times = len(cost.wall_ms)
    return {
        "times": times,
        "queries": cost.statements // times,
        "ms_median": round(statistics.median(cost.wall_ms), 2),
        "app_cpu_ms": round(cost.app_ms / times, 2),
        "db_cpu_ms": None if cost.db_ms is None else round(cost.db_ms / times, 2),
    }


class Student:
    """Students at work, who save one answer after the other in turns."""

    def __init__(self, browser: Browser, hall: Hall, seats: list[Seat]) -> None:
        self._browser, self._hall, self._seats = browser, hall, seats
        self._seqs = [seat.last_seq for seat in seats]
        self._turn = 0

    def save(self, cost: Cost) -> None:
        """Save one answer."""
        self._turn += 1
        number = self._turn % len(self._seats)
        seat = self._seats[number]
        self._seqs[number] += 1
        part, kind = self._hall.parts[self._seqs[number] % len(self._hall.parts)]
        value = self._turn % 5 if kind == "choice" else "blue"
        entry = {"seq": self._seqs[number], "part": part, "kind": "answer", "value": value, "at": 1}
        batch: dict[str, Any] = {
            "v": 1,
            "nonce": uuid.uuid4().hex,
            "epoch": 1,
            "writer": seat.writer,
            "entries": [entry],
        }
        name, _equals, token = seat.cookie.partition("=")
        self._browser.hold(name, token)
        reply = self._browser.post(f"/api/sessions/{seat.session}/answers/", batch, cost)
        if reply.json()["accepted"][0]["status"] != "applied":
            raise ValueError("an answer was not applied")


def _works(
    academy: Academy, director: Browser, student: Student
) -> list[tuple[str, Callable[[Cost], None]]]:
    names = [name for name in PAGES if name.startswith("staff-") and name not in IN_BATCHES]
    names.remove("staff-login")

    def visit(url: str) -> Callable[[Cost], None]:
        return lambda cost: _seen(director.get(url, cost).body)

    return [(SAVE, student.save), *((name, visit(academy.url(name))) for name in names)]


def _seen(body: bytes) -> None:
    if not body:
        raise ValueError("an empty page")


def _fill(hall: Hall, answers: int) -> None:
    """Have so many answers stored, by sessions of the past."""
    wanted = -(-(answers - StudentAnswer.objects.count()) // len(hall.parts))
    while wanted > 0:
        some = min(wanted, TOGETHER)
        hall.finish(some, at=clock.now() - BEFORE)
        wanted -= some
        print(f"{StudentAnswer.objects.count()} answers ...", file=sys.stderr, flush=True)
