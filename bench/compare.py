"""The same load on the product and on a plain server of the usual design, in turns.

scripts/bench compare [--steps 1000,4000] [--rounds 2] [--seconds 30] [--database NAME] [--write]

Both run on the same database server or disk, under the same HTTP server with as many processes and
threads.  The reference (``bench/plain``) calls ``update_or_create`` for each answer and keeps none
of the product's promises.  The rows "times" say how many times as much it took.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench import _options, _rows
from bench._spread import spread

if TYPE_CHECKING:
    import argparse

    from bench._orders import Order
    from bench._rows import Row
    from bench._seats import Hall
    from bench._site import Site

PRODUCT, PLAIN, TIMES = "product", "plain", "times"
COMPARED = ("p50_ms", "p95_ms", "p99_ms", "mean_ms", "app_cpu_ms", "db_cpu_ms")
COLUMNS = (
    "database", "sessions", "server", "rate", "p50_ms", "p95_ms", "p99_ms", "max_ms", "mean_ms",
    "errors", "unacknowledged", "app_cpu_ms", "db_cpu_ms", "load_cpu_ms",
)  # fmt: skip


def measure(database: str, options: argparse.Namespace) -> list[Row]:
    """Compare on one database; return a row for each turn, and one for each step."""
    rows: list[Row] = []
    with _options.opened(database, options) as (site, hall):
        os.environ["BENCH_PLAIN_DATABASE_URL"] = _plain_database(site)
        for sessions in map(int, options.steps.split(",")):
            turns = []
            for number in range(options.rounds):
                # The second is not always the same: what the first leaves behind meets both.
                servers = (PRODUCT, PLAIN) if number % 2 == 0 else (PLAIN, PRODUCT)
                turns += [turn(site, hall, server, sessions, options) for server in servers]
            rows += [*turns, times(turns)]
            print(_rows.table(rows[-len(turns) - 1 :], COLUMNS), flush=True)
    return rows


def turn(site: Site, hall: Hall, server: str, sessions: int, options: argparse.Namespace) -> Row:
    """Put the load on one of the servers, freshly started."""
    from bench import _loading, _seats

    number, seats = hall.seat(sessions)
    if server == PRODUCT:
        site.serve()
    else:
        site.run(_plain_server(site))
    try:
        order = _options.order(site, hall, seats, options)
        order.warm_up_seconds, order.seconds = options.warm_up, options.seconds
        # The reference knows answers only.
        order.questions = []
        if server == PLAIN:
            for seat in seats:
                seat.cookie = f"token={seat.token}"
            _seat_plainly(order)
        measured = _loading.run(site, _loading.shares(order, options.processes))
    finally:
        site.end_server()
        _seats.retire(number)
    outcome = measured.outcome
    return {
        "database": site.database,
        "sessions": sessions,
        "server": server,
        "rate": round(outcome.acknowledged / measured.seconds, 1),
        "saves": len(outcome.save_ms),
        **spread(outcome.save_ms),
        "errors": sum(outcome.errors.values()),
        "errors_by_reason": outcome.errors,
        "unacknowledged": len(outcome.unsaved),
        **measured.cost(),
    }


def times(turns: list[Row]) -> Row:
    """Return how many times as much the plain server took as the product: medians of the turns."""
    found: Row = {name: turns[0][name] for name in ("database", "sessions")}
    found["server"] = TIMES
    for name in COMPARED:
        plain, product = (
            [each[name] for each in turns if each["server"] == server and each[name] is not None]
            for server in (PLAIN, PRODUCT)
        )
        if plain and product and statistics.median(product):
            found[name] = round(statistics.median(plain) / statistics.median(product), 1)
    return found


def _plain_database(site: Site) -> str:
    if site.postgresql is None:
        return f"sqlite:///{site.folder}/plain.sqlite3"
    site.make_database("plain")
    return site.postgresql.url("plain")


def _plain_server(site: Site) -> list[str]:
    """Return the product's command of its HTTP server, with another application."""
    from placement_test.management.commands.demo import server_command

    *command, _product = server_command(site.port, workers=site.workers)
    return [*command, "bench.plain.wsgi:application"]


def _seat_plainly(order: Order) -> None:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(msgspec.msgpack.encode(order))
        command = [sys.executable, "-m", "bench.plain.seating", file.name]
        subprocess.run(command, check=True)  # noqa: S603 - this program


def main() -> None:
    """Compare, print, and keep with ``--write``."""
    parser = _options.parser(__doc__)
    parser.add_argument("--steps", default="1000,4000", help="open sessions (%(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each (%(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="of a turn (%(default)s)")
    parser.add_argument("--warm-up", type=float, default=20, help="seconds that do not count")
    options = parser.parse_args()
    _rows.report("compare", _options.on_each(options, measure), options, COLUMNS)


if __name__ == "__main__":
    main()
