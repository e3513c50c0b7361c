"""Whether the product becomes slower with the years: a save, and each page of staff.

``scripts/bench history [--steps 1000,...,10000000] [--rounds 30] [--database NAME] [--write]``.
Stored answers are those of finished sessions of forty questions, with their logs, marks, results,
placements and receipts; the last step takes 11 GB on each database.  Without server and network.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bench import _rows

if TYPE_CHECKING:
    from bench._rows import Row

STEPS = "1000,10000,100000,1000000,10000000"
PROMISED = ("save", "staff-sessions")
GOAL_GROWTH_PERCENT = 20


def growth(rows: list[Row]) -> list[Row]:
    """Return for each database and each work its medians at every step, side by side."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row["database"], row["what"])
        wide = found.setdefault(key, {"database": key[0], "what": key[1]})
        wide[f"{row['answers']:.0e}".replace("e+0", "e")] = row["ms_median"]
    for wide in found.values():
        first, *_between, last = list(wide.values())[2:]
        wide["growth_percent"] = round(100 * (last / first - 1)) if first else None
    return list(found.values())


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(prog="scripts/bench history", description=__doc__)
    parser.add_argument("--steps", default=STEPS, help="stored answers (%(default)s)")
    parser.add_argument("--rounds", type=int, default=30, help="of each (%(default)s)")
    _rows.options(parser)
    given = parser.parse_args()
    steps = [int(step) for step in given.steps.split(",")]
    rows = _rows.measured(given, "history", steps=steps, rounds=given.rounds)
    grown = growth(rows)
    print(_rows.table(grown), end="\n\n")
    promised = [row for row in grown if row["what"] in PROMISED]
    _rows.report(
        "history",
        rows,
        given,
        promised=promised,
        goal_growth_percent=GOAL_GROWTH_PERCENT,
    )


if __name__ == "__main__":
    main()
