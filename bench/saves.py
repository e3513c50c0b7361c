"""The same answers saved in the usual way, and by the product's save path in batches.

``scripts/bench saves [--rounds N] [--database NAME] [--write]``.  Each student enters an answer to
each of 64 questions and changes it once.  Without HTTP: what is compared is the work of saving,
not that of a request.
"""

from __future__ import annotations

import argparse

from bench import _rows


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(prog="scripts/bench saves", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="turns of every way (%(default)s)")
    _rows.options(parser)
    given = parser.parse_args()
    _rows.report("saves", _rows.measured(given, "saves", rounds=given.rounds), given)


if __name__ == "__main__":
    main()
