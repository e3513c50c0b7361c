from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from bench import _rows

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"database": "sqlite", "way": "plain", "ms": 1.5}, {"database": "sqlite", "statements": 12}]


def test_prints_a_column_for_each_key_and_nothing_where_a_row_lacks_it() -> None:
    assert _rows.table(ROWS).splitlines() == [
        "database  way     ms  statements",
        "sqlite    plain  1.5",
        "sqlite                        12",
    ]


def test_prints_the_columns_that_were_asked_for() -> None:
    assert _rows.table(ROWS, ["database", "ms"]).splitlines() == [
        "database  ms",
        "sqlite    1.5",
        "sqlite",
    ]


def test_keeps_the_rows_with_what_they_were_measured_on(tmp_path: Path) -> None:
    _rows.report("saves", ROWS, argparse.Namespace(write=tmp_path), ["way"], goal=10)

    kept = json.loads((tmp_path / "saves.json").read_text())
    assert kept.keys() >= {"commit", "date", "machine"}
    assert (kept["goal"], kept["rows"]) == (10, ROWS)
