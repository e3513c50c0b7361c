"""Ten thousand who start within a minute, and ten thousand whose time ends in the same second.

scripts/bench rush [--students 10000] [--parts starts,sweep,ends] [--write]

starts: each browser makes all calls from the press on "start" to the first save, and goes on
        saving every fifteen seconds.  The exam it has loaded before, while its student read.
sweep:  nobody is there when the time ends: periodic work ends, marks and places; how long after
        deadline and grace until all are done, and how as many others go on saving meanwhile.
ends:   everybody is there: each page takes its turn, looks, hands in where nobody has, and loads
        its last page, while others go on saving.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import _options, _rows
from bench._spread import spread

if TYPE_CHECKING:
    import argparse

    from bench._loading import Measured
    from bench._rows import Row
    from bench._seats import Hall
    from bench._site import Site

START_SECONDS = 60.0
GOAL_START_P95_MS = 1000
GOAL_FINISHED_SECONDS = 10
GOAL_SAVES_P99_MS = 500
# How long the saves of the others are measured from the moment when it is over for the rest.
WATCHED_SECONDS = 30.0
# Until the last who wait for their turn are through the middle of it: grace, sweep and lookers.
ENDS_WATCHED_SECONDS = 120.0
# Ten thousand have their turn within five minutes.
ENDS_DRAIN_SECONDS = 240.0
# The others are at work by then.
WARM_UP_SECONDS = 20.0
# The sweep wants to have seen the server answer for the grace period; its process starts later,
# and looks every five seconds.
SEEN_SECONDS = 75.0
LOOK_SECONDS = 0.5
GIVE_UP_SECONDS = 600.0
COLUMNS = (
    "database", "part", "students", "p50_ms", "p95_ms", "p99_ms", "max_ms", "whole_p95_ms",
    "all_done_s", "saves_p99_ms", "errors", "undone", "lost", "app_cpu_s", "db_cpu_s",
)  # fmt: skip


def measure(database: str, options: argparse.Namespace) -> list[Row]:
    """Measure each part on one database; return a row for each."""
    rows: list[Row] = []
    parts = {"starts": starts, "sweep": sweep, "ends": ends}
    with _options.opened(database, options) as (site, hall):
        site.serve()
        for part in options.parts.split(","):
            rows.append({"database": database, "part": part, "students": options.students})
            rows[-1] |= parts[part](site, hall, options)
            print(_rows.table(rows[-1:], COLUMNS), flush=True)
    return rows


def starts(site: Site, hall: Hall, options: argparse.Namespace) -> Row:
    """Have all of them start."""
    from bench import _kept, _loading, _seats

    number, seats = hall.seat(options.students, state="registered")
    order = _options.order(site, hall, seats, options)
    order.script, order.warm_up_seconds, order.seconds = "start", 0.0, options.start_seconds
    measured = _loading.run(site, _loading.shares(order, options.processes))
    _seats.retire(number)
    return {
        **_calls(measured),
        "within_s": options.start_seconds,
        "goal_p95_ms": GOAL_START_P95_MS,
        "undone": measured.outcome.unfinished,
        "lost": _kept.lost(number, measured.outcome.saved_in_scripts).count,
        **_cost(measured),
    }


def sweep(site: Site, hall: Hall, options: argparse.Namespace) -> Row:
    """Have the time of all of them end, with nobody there, while others work."""
    from bench import _kept, _loading, _seats
    from placement_test.lib import clock
    from placement_test.saving.rules import GRACE

    number, absent = hall.seat(options.students, with_answers=True)
    others, working = hall.seat(options.others)
    over_at = max(
        time.monotonic() + options.warm_up + _loading.READY_SECONDS,
        site.answers_since + SEEN_SECONDS,
    )
    _seats.set_deadline(number, clock.now() - GRACE, over_at - time.monotonic())
    order = _options.order(site, hall, working, options)
    order.warm_up_seconds, order.seconds = options.warm_up, options.watched_seconds
    watch = Watch(number, len(absent), over_at)
    watch.start()
    measured = _loading.run(
        site, _loading.shares(order, options.processes), starts_at=over_at - options.warm_up
    )
    watch.join()
    _seats.retire(others)
    return {
        "all_done_s": watch.took,
        "first_done_s": watch.first,
        "goal_done_s": GOAL_FINISHED_SECONDS,
        "undone": watch.left,
        "others": options.others,
        **_saves(measured),
        "lost": _kept.lost(others, measured.outcome.saved).count,
        **_cost(measured),
    }


def ends(site: Site, hall: Hall, options: argparse.Namespace) -> Row:
    """Have the time of all of them end, each with its page open, while others work."""
    from bench import _kept, _loading, _scripts, _seats
    from placement_test.lib import clock

    number, present = hall.seat(options.students, with_answers=True)
    others, working = hall.seat(options.others)
    over_at = time.monotonic() + options.warm_up + _loading.READY_SECONDS
    _seats.set_deadline(number, clock.now(), over_at - time.monotonic())
    order = _options.order(site, hall, working, options)
    order.warm_up_seconds, order.seconds = options.warm_up, ENDS_WATCHED_SECONDS
    ending = _options.order(site, hall, present, options)
    ending.warm_up_seconds, ending.seconds = options.warm_up, ENDS_WATCHED_SECONDS
    ending.drain_seconds = ENDS_DRAIN_SECONDS
    ending.script, ending.digest = "end", _scripts.digest(_seats.given(hall.parts))
    watch = Watch(number, len(present), over_at)
    watch.start()
    measured = _loading.run(
        site,
        [*_loading.shares(order, options.processes), ending],
        starts_at=over_at - options.warm_up,
    )
    watch.join()
    _seats.retire(others)
    return {
        **_calls(measured),
        "all_done_s": watch.took,
        "undone": watch.left,
        "others": options.others,
        **_saves(measured),
        "lost": _kept.lost(others, measured.outcome.saved).count,
        **_cost(measured),
    }


@dataclass
class Watch:
    """Looks from ``over_at`` on how many sessions of a set are not ended, marked and placed."""

    number_of_set: int
    left: int
    over_at: float
    first: float | None = None
    """Seconds until the first was done."""
    took: float | None = None
    """Seconds until all were; None: they were not in ten minutes."""
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Begin to wait for the moment."""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Return once all are done, or it was given up."""
        self._thread.join()

    def _look(self) -> None:
        from django.db import connection

        from bench import _seats

        all_of_them = self.left
        time.sleep(max(0.0, self.over_at - time.monotonic()))
        try:
            while self.left and time.monotonic() < self.over_at + GIVE_UP_SECONDS:
                time.sleep(LOOK_SECONDS)
                self.left = all_of_them - _seats.finished(self.number_of_set)
                now = round(time.monotonic() - self.over_at, 1)
                if self.left < all_of_them and self.first is None:
                    self.first = now
                self.took = None if self.left else now
        finally:
            connection.close()


def _calls(measured: Measured) -> Row:
    """Return the figures of the calls of those who begin or end."""
    calls = dict(measured.outcome.call_ms)
    whole = spread(calls.pop("whole", []))
    return {
        **spread([each for of_call in calls.values() for each in of_call]),
        "calls": {name: spread(of_call) for name, of_call in calls.items()},
        "whole_p95_ms": whole["p95_ms"],
        "whole": whole,
    }


def _saves(measured: Measured) -> Row:
    """Return the figures of the saves of the others."""
    saves = spread(measured.outcome.save_ms)
    return {"saves_p99_ms": saves["p99_ms"], "saves": saves, "goal_saves_p99_ms": GOAL_SAVES_P99_MS}


def _cost(measured: Measured) -> Row:
    outcome = measured.outcome
    return {
        "rate": round(outcome.acknowledged / measured.seconds, 1),
        "errors": sum(outcome.errors.values()),
        "errors_by_reason": outcome.errors,
        **measured.cost(),
        **{f"{name}_cpu_s": round(spent, 1) for name, spent in measured.cpu_seconds.items()},
    }


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = _options.parser(__doc__)
    parser.add_argument("--parts", default="starts,sweep,ends")
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--others", type=int, default=10_000, help="who go on saving")
    parser.add_argument("--start-seconds", type=float, default=START_SECONDS)
    parser.add_argument("--watched-seconds", type=float, default=WATCHED_SECONDS)
    parser.add_argument("--warm-up", type=float, default=WARM_UP_SECONDS)
    options = parser.parse_args()
    _rows.report("rush", _options.on_each(options, measure), options, COLUMNS)


if __name__ == "__main__":
    main()
