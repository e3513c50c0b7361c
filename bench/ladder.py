"""How many sessions may be open: saves at ever higher steps, and what each of them costs.

scripts/bench ladder [--database sqlite] [--steps 100,1000] [--seconds 40] [--kill] [--write]

The load is an open one, latency counts from the intended moment, and at the end of each step every
acknowledged entry is compared with the database.  Processor time is per acknowledged save, empty
ones (heartbeats) included; what SQLite does is part of the web process.

--kill: in one step of 10,000 sessions a worker, then the web server, then PostgreSQL die (-9) and
are started again by what supervises them; the proof kit's checker reads every session at the end.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench import _options, _rows
from bench._spread import spread

if TYPE_CHECKING:
    import argparse

    from bench._loading import Measured
    from bench._rows import Row
    from bench._seats import Hall
    from bench._site import Site

# SQLite has no process of its own.
VICTIMS = {"sqlite": ("worker", "web"), "postgresql": ("worker", "web", "database")}
STEPS, KILL_STEPS = "100,1000,10000,20000,50000", "10000"
KNEE_P99_MS = 200
# Pages give up a call after 8 s: above that nothing is left to find out.
HOPELESS_P99_MS = 10_000
COLUMNS = (
    "database", "sessions", "rate", "p50_ms", "p95_ms", "p99_ms", "max_ms", "mean_ms",
    "errors", "lost", "app_cpu_ms", "db_cpu_ms", "cache_cpu_ms", "load_cpu_ms", "load_late_p99_ms",
    "connections",
)  # fmt: skip
KILL_COLUMNS = (
    "database", "sessions", "killed", "rate", "p50_ms", "p95_ms", "max_ms", "errors",
    "unacknowledged", "lost", "violations",
)  # fmt: skip


def measure(database: str, options: argparse.Namespace) -> list[Row]:
    """Climb on one database; return a row for each step."""
    rows: list[Row] = []
    with _options.opened(database, options) as (site, hall):
        site.serve()
        for sessions in map(int, options.steps.split(",")):
            rows.append(step(site, hall, sessions, options))
            print(_rows.table(rows[-1:], KILL_COLUMNS if options.kill else COLUMNS), flush=True)
            if (rows[-1]["p99_ms"] or 0) > HOPELESS_P99_MS:
                break
    return rows


def step(site: Site, hall: Hall, sessions: int, options: argparse.Namespace) -> Row:
    """Have so many sessions open, and return what came of it."""
    from django.db import connections

    from bench import _kept, _loading, _seats

    began = time.monotonic()
    number, seats = hall.seat(sessions)
    made = time.monotonic()
    order = _options.order(site, hall, seats, options)
    order.warm_up_seconds, order.seconds = options.warm_up, options.seconds
    victims = VICTIMS[site.database] if options.kill else ()
    measured = _loading.run(
        site,
        _loading.shares(order, options.processes),
        blows=[getattr(site, f"kill_{victim}") for victim in victims],
    )
    outcome = measured.outcome
    connections.close_all()  # of a database that was killed
    lost = _kept.lost(number, outcome.saved)
    found = row(site, sessions, measured) | {"lost": lost.count, "examples": lost.examples}
    if options.kill:
        broken = _kept.violations(seats, outcome.saved, outcome.unsaved)
        found |= {"killed": ", ".join(victims), "violations": len(broken)}
        found["examples"] += broken[: _kept.EXAMPLES]
    _seats.retire(number)
    found |= {"interval_s": options.interval, "made_in_s": round(made - began, 1)}
    return found


def row(site: Site, sessions: int, measured: Measured) -> Row:
    """Return the figures of a step."""
    outcome = measured.outcome
    return {
        "database": site.database,
        "sessions": sessions,
        "rate": round(outcome.acknowledged / measured.seconds, 1),
        "saves": len(outcome.save_ms),
        "heartbeats": len(outcome.heartbeat_ms),
        **spread(outcome.save_ms),
        "heartbeat_p99_ms": spread(outcome.heartbeat_ms)["p99_ms"],
        "errors": sum(outcome.errors.values()),
        "errors_by_reason": outcome.errors,
        "unacknowledged": len(outcome.unsaved),
        "load_late_p99_ms": spread(outcome.late_ms)["p99_ms"],
        **measured.cost(),
    }


def knees(rows: list[Row]) -> dict[str, int | None]:
    """Return for each database the last step with p99 below 200 ms."""
    found: dict[str, int | None] = {}
    for each in rows:
        found.setdefault(each["database"], None)
        if each["p99_ms"] is not None and each["p99_ms"] < KNEE_P99_MS:
            found[each["database"]] = each["sessions"]
    return found


def main() -> None:
    """Climb, print, and keep with ``--write``."""
    parser = _options.parser(__doc__)
    parser.add_argument("--steps", help=f"open sessions: {STEPS}; with --kill {KILL_STEPS}")
    parser.add_argument("--seconds", type=float, default=40, help="of a step (%(default)s)")
    parser.add_argument("--warm-up", type=float, default=20, help="seconds that do not count")
    parser.add_argument(
        "--kill", action="store_true", help="(-9) what serves, and see what is left"
    )
    options = parser.parse_args()
    options.steps = options.steps or (KILL_STEPS if options.kill else STEPS)
    rows = _options.on_each(options, measure)
    if options.kill:
        _rows.report("ladder-kill", rows, options, KILL_COLUMNS)
    else:
        _rows.report("ladder", rows, options, COLUMNS, knees=knees(rows))


if __name__ == "__main__":
    main()
