"""What every measurement under load can be told."""

from __future__ import annotations

import argparse
import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from bench import _rows
from bench._orders import Order
from bench._site import Site
from bench.recovery import in_own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench._orders import Seat
    from bench._rows import Row
    from bench._seats import Hall

# As many as nginx keeps to a server under such a load; a session of its own needs none.
MOST_CONNECTIONS = 256
# Of a web process (``demo.SERVER_CONNECTIONS``), less those that look whether it answers.
SPARE = 64
SERVER_TAKES = 1024 - SPARE


def parser(words: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options of the site and of the results."""
    made = argparse.ArgumentParser(
        description=words, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _rows.options(made)
    made.add_argument("--workers", type=int, default=2, help="web processes on PostgreSQL")
    made.add_argument("--threads", type=int, default=0, help="of a web process (the product's)")
    made.add_argument("--connections", type=int, default=MOST_CONNECTIONS, help="of the load")
    made.add_argument("--processes", type=int, default=1, help="load processes")
    made.add_argument("--interval", type=float, default=20, help="seconds between two saves")
    made.add_argument(
        "--disk", type=Path, default=Path(_rows.DISK), help="folder on the disk that is measured"
    )
    return made


def site(database: str, options: argparse.Namespace) -> Site:
    """Return the site that the options ask for; it takes all connections of the load."""
    wanted: int = options.connections + SPARE
    return Site(
        database,
        workers=options.workers,
        threads=options.threads,
        # The product's own bound where that is enough.
        server_connections=wanted if options.connections > SERVER_TAKES else 0,
        disk=options.disk,
    )


@contextlib.contextmanager
def opened(database: str, options: argparse.Namespace) -> Iterator[tuple[Site, Hall]]:
    """Open the site that the options ask for, and the hall in which its seats are made."""
    made = site(database, options)
    try:
        made.open()
        # Django has its settings from here on.
        from bench._seats import Hall

        hall = Hall()
        hall.open()
        yield made, hall
    finally:
        made.close()


def order(site: Site, hall: Hall, seats: list[Seat], options: argparse.Namespace) -> Order:
    """Return the load of these seats, with the options' interval and connections."""
    pair = site.csrf()
    return Order(
        port=site.port,
        csrf_cookie=pair.secret,
        csrf_token=pair.token,
        seats=seats,
        parts=list(hall.parts),
        questions=list(hall.questions),
        connections=min(len(seats), options.connections),
        interval_seconds=options.interval,
    )


def on_each(
    options: argparse.Namespace, measure: Callable[[str, argparse.Namespace], list[Row]]
) -> list[Row]:
    """Measure on each database that was asked for, in a process of its own; return all rows."""
    rows: list[Row] = []
    for database in [options.database] if options.database else _rows.DATABASES:
        rows += in_own_process(functools.partial(measure, database, options))()
    return rows
