"""An hour of mixed load: whether memory grows, requests fail, and the cache is of use.

scripts/bench soak [--minutes 60] [--sessions 2000] [--database sqlite] [--write]

Open sessions save; meanwhile others begin, work, load their page again and hand in, and staff look
at their pages.  Memory is that of the web process that grew fastest after the warm-up; hits are
those that the product has counted itself; every reply but a good one is an error.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from bench import _options, _rows
from bench._orders import Seat
from bench._spread import spread

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bench._loading import Measured
    from bench._orders import Order
    from bench._rows import Row
    from bench._seats import Hall
    from bench._site import Site

# Of the time that counts; caches, pools and what a process learns once are full by then.
WARM_UP_SHARE = 0.1
MINUTE = 60.0
# A day takes a minute and a half, so those that begin last end later.
DRAIN_SECONDS = 180
# Every process hands its figures in every five seconds.
HANDED_IN_SECONDS = 12.0
PAGES = (
    "staff-home",
    "staff-sessions",
    "staff-students",
    "staff-exams",
    "staff-statistics",
    "staff-performance",
)
# The exam itself, and the reply that is made of it once.
EXAM_KINDS = ("exam", "exam-reply")
# Teachers who look at the same time.
MOST_STAFF = 8
GOALS = {"slope_mb_h": 1.0, "error_percent": 0.01, "exam_hit_percent": 90.0}
COLUMNS = (
    "database", "minutes", "sessions", "rate", "mean_ms", "p95_ms", "p99_ms", "saves_p99_ms",
    "errors", "error_percent", "lost", "slope_mb_h", "memory_mb", "exam_hit_percent",
    "hit_percent", "app_cpu_ms", "db_cpu_ms",
)  # fmt: skip


def measure(database: str, options: argparse.Namespace) -> list[Row]:
    """Measure on one database; return its row."""
    with _options.opened(database, options) as (site, hall):
        site.serve()
        facts = {"database": database, "minutes": options.minutes, "sessions": options.sessions}
        return [facts | soak(site, hall, options)]


def soak(site: Site, hall: Hall, options: argparse.Namespace) -> Row:
    """Put the mixed load on the site, and return what came of it."""
    from bench import _kept, _loading, _memory

    number, working = hall.seat(options.sessions)
    saving = _options.order(site, hall, working, options)
    saving.seconds = options.minutes * MINUTE
    saving.warm_up_seconds = saving.seconds * WARM_UP_SHARE
    registered, days = _days(site, hall, saving, options)
    looks = _looks(hall, working, saving, options)
    memory = _memory.Memory(site.web_workers)
    memory.start()
    before, began = looked_up(), time.monotonic()
    orders = [*_loading.shares(saving, options.processes), days, looks]
    measured = _loading.run(site, orders)
    memory.end()
    time.sleep(HANDED_IN_SECONDS)
    found = looked_up()
    found.subtract(before)
    return {
        **figures(measured),
        **_memory.growth(memory.samples, began + saving.warm_up_seconds),
        "exam_hit_percent": hit_percent(found, EXAM_KINDS),
        "hit_percent": hit_percent(found),
        "looked_up": {f"{kind} {result}": count for (kind, result), count in found.items()},
        "lost": _kept.lost(number, measured.outcome.saved).count
        + _kept.lost(registered, measured.outcome.saved_in_scripts).count,
        "goals": GOALS,
    }


def _days(site: Site, hall: Hall, saving: Order, options: argparse.Namespace) -> tuple[int, Order]:
    """Return the students who begin and end meanwhile, with the number of their set."""
    seconds = saving.warm_up_seconds + saving.seconds
    number, seats = hall.seat(round(seconds * options.days), state="registered")
    order = _options.order(site, hall, seats, options)
    order.warm_up_seconds, order.seconds = saving.warm_up_seconds, saving.seconds
    order.script, order.drain_seconds = "day", options.drain
    return number, order


def _looks(hall: Hall, seats: list[Seat], saving: Order, options: argparse.Namespace) -> Order:
    """Return what staff look at meanwhile: lists, and some of the sessions that are saved to."""
    from django.urls import reverse

    pages = [reverse(name) for name in PAGES]
    pages += [reverse("staff-session", args=[seat.session]) for seat in seats[: len(PAGES)]]
    seconds = saving.warm_up_seconds + saving.seconds
    return msgspec.structs.replace(
        saving,
        # Who looks holds nothing but the cookie of staff.
        seats=[Seat(number, "", "", "") for number in range(round(seconds * options.looks))],
        script="look",
        pages=pages,
        staff_cookie=hall.staff_cookie(),
        connections=MOST_STAFF,
    )


def looked_up() -> Counter[tuple[str, str]]:
    """Return how often the product has looked into its cache: (kind, hit | miss | error)."""
    from placement_test.monitoring import storage

    return Counter(
        {
            (what.name, what.outcome): histogram.count
            for what, histogram in storage.ever().items()
            if what.kind == "cache"
        }
    )


def hit_percent(found: Counter[tuple[str, str]], kinds: Sequence[str] = ()) -> float | None:
    """Return the share of look-ups (of these kinds, or all) that found something."""
    asked = [
        (result, count) for (kind, result), count in found.items() if kind in kinds or not kinds
    ]
    total = sum(count for _result, count in asked)
    hits = sum(count for result, count in asked if result == "hit")
    return round(100 * hits / total, 2) if total else None


def figures(measured: Measured) -> Row:
    """Return the figures of all requests together, and of each kind."""
    outcome = measured.outcome
    calls = dict(outcome.call_ms)
    calls.pop("whole", None)
    every = [ms for of_call in calls.values() for ms in of_call]
    every += outcome.save_ms + outcome.heartbeat_ms
    errors = sum(outcome.errors.values())
    asked = len(every) + errors
    return {
        "rate": round(outcome.acknowledged / measured.seconds, 1),
        **spread(every),
        "saves_p99_ms": spread(outcome.save_ms)["p99_ms"],
        "calls": {name: spread(of_call) for name, of_call in calls.items()},
        "requests": asked,
        "errors": errors,
        "error_percent": round(100 * errors / asked, 4) if asked else None,
        "errors_by_reason": outcome.errors,
        "unfinished": outcome.unfinished,
        **measured.cost(),
    }


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = _options.parser(__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="that count (%(default)s)")
    parser.add_argument("--sessions", type=int, default=2000, help="open and saved to")
    parser.add_argument("--days", type=float, default=1, help="students a second who begin")
    parser.add_argument("--looks", type=float, default=1, help="pages of staff a second")
    parser.add_argument("--drain", type=float, default=DRAIN_SECONDS, help="to end what was begun")
    options = parser.parse_args()
    _rows.report("soak", _options.on_each(options, measure), options, COLUMNS)


if __name__ == "__main__":
    main()
