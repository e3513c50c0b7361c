"""Rows of figures: measured on each database in a process of its own, printed, and kept.

A result file is ``{commit, date, machine, rows: [...]}``; each row is one line of the table.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.overhead import circumstances

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]

RESULTS = Path(__file__).parent / "results"
DATABASES = ("sqlite", "postgresql")
DISK = "/var/tmp"  # noqa: S108 - a folder of its own is made in it


def options(parser: argparse.ArgumentParser) -> None:
    """Add what every measurement of this kind takes."""
    parser.add_argument("--database", choices=DATABASES, help="only this one")
    parser.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=RESULTS,
        metavar="FOLDER",
        help="keep the rows in bench/results, or in another folder",
    )


def measured(given: argparse.Namespace, what: str, **how: Any) -> list[Row]:
    """Return the rows of ``bench.cost.<what>.measure(**how)`` on an empty database of each kind.

    Each has a process of its own, because settings are read once, and lies on a disk, because in
    memory a commit costs nothing.
    """
    rows: list[Row] = []
    for database in [given.database] if given.database else DATABASES:
        # Started afresh, not forked: it ends as a program does, and takes its servers with it.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as process:
            found = process.submit(_on, database, what, how).result()
        rows += [{"database": database, **row} for row in found]
    return rows


def report(
    name: str,
    rows: Sequence[Row],
    given: argparse.Namespace,
    columns: Sequence[str] = (),
    **facts: Any,
) -> None:
    """Print the rows as one table, and keep all of them where ``--write`` asks for it."""
    print(table(rows, columns))
    for fact, value in facts.items():
        print(f"{fact}: {json.dumps(value)}")
    if given.write is not None:
        given.write.mkdir(exist_ok=True)
        found = {**circumstances(), **facts, "rows": rows}
        text = json.dumps(found, indent=2, ensure_ascii=False)
        (given.write / f"{name}.json").write_text(text + "\n")


def table(rows: Sequence[Row], columns: Sequence[str] = ()) -> str:
    """Return the rows in columns: these, or one for each key."""
    heads = list(columns or dict.fromkeys(key for row in rows for key in row))
    lines = [heads, *([_cell(row.get(head)) for head in heads] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(_line(line, widths) for line in lines)


def prepare(database: str) -> None:
    """Make this process ready to measure on an empty database, with Django set up."""
    os.environ["PRIMEPATH_TEST_DB"] = database
    os.environ.setdefault("PRIMEPATH_TEST_PARENT", DISK)
    from tests import environment

    environment.prepare()
    # Django's test client calls itself so.
    os.environ["PRIMEPATH_ALLOWED_HOSTS"] = "testserver"
    # Static files as they are served: pages that do not change are made once.
    os.environ["PRIMEPATH_TEST_RELEASED"] = "1"
    import django
    from django.core.management import call_command

    if database == "postgresql":
        _make_database(os.environ["PRIMEPATH_DATABASE_URL"])
    django.setup()
    from placement_test.management import static_files

    call_command("migrate", verbosity=0)
    static_files.collect()


def _on(database: str, what: str, how: dict[str, Any]) -> list[Row]:
    prepare(database)
    print(f"{database} ...", file=sys.stderr, flush=True)
    found: list[Row] = importlib.import_module(f"bench.cost.{what}").measure(**how)
    return found


def _make_database(url: str) -> None:
    import psycopg

    server, _slash, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if at < 2 else cell.rjust(width)  # noqa: PLR2004 - two columns of words
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _cell(value: object) -> str:
    return "" if value is None else str(value)
