"""How much the database grows: bytes of an entry, of an answer, of a session, and of the log.

``scripts/bench growth [--sessions N] [--database NAME] [--write]``.  Each student answers 40
questions, two a save, and changes every fourth answer once.
"""

from __future__ import annotations

import argparse

from bench import _rows


def main() -> None:
    """Measure, print, and keep with ``--write``."""
    parser = argparse.ArgumentParser(prog="scripts/bench growth", description=__doc__)
    parser.add_argument("--sessions", type=int, default=200, help="how many (%(default)s)")
    _rows.options(parser)
    given = parser.parse_args()
    _rows.report("growth", _rows.measured(given, "growth", sessions=given.sessions), given)


if __name__ == "__main__":
    main()
