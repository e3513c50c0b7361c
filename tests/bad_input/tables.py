"""The tables of bad input: one CSV file each, one case a row, ``#`` begins a comment line."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parent

Row = dict[str, str]


def rows(name: str) -> dict[str, Row]:
    """Return the rows of ``name``.csv by their case, which no two may share."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    found: dict[str, Row] = {}
    for row in csv.DictReader(lines):
        if row["case"] in found or None in row.values():
            raise ValueError(f"{name}.csv: {row['case']!r} stands twice or lacks a column")
        found[row["case"]] = row
    return found
