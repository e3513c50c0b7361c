"""What each page costs: time, processor time, queries, bytes; and what it costs to start a test.

``scripts/bench pages [--rounds 20] [--rows 300] [--database NAME] [--write]``.  An academy with so
many rows of everything, seen by a director; without server and network.  ``bytes_gzip`` is what
nginx sends of it.
"""

from __future__ import annotations

import argparse
import statistics

from bench import _rows

GOAL_MEAN_MS = 50
GOAL_QUERIES = 5


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(prog="scripts/bench pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="visits of each (%(default)s)")
    parser.add_argument("--rows", type=int, default=300, help="of everything (%(default)s)")
    _rows.options(parser)
    given = parser.parse_args()
    rows = _rows.measured(given, "pages", rounds=given.rounds, rows=given.rows)
    pages = [row for row in rows if row["kind"] == "page"]
    _rows.report(
        "pages",
        rows,
        given,
        rows_of_everything=given.rows,
        mean_ms=round(statistics.mean(row["ms_median"] for row in pages), 1),
        goal_mean_ms=GOAL_MEAN_MS,
        most_queries=max(row["queries"] for row in pages),
        goal_queries=GOAL_QUERIES,
    )


if __name__ == "__main__":
    main()
