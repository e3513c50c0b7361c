"""kill -9 of the web server while students save, as a small day of the proof's real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests import environment
from tests.proof.processes import orders

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proof.processes.days import Order

STUDENTS = 8
# A server, a supervisor and a database are started; a busy machine takes its time for that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def day(order: Order, folder: Path) -> dict[str, Any]:
    """Run one day in a process of its own: a lane has settings and servers of its own."""
    orders_file, outcomes = folder / "orders.json", folder / "outcomes.jsonl"
    orders_file.write_text(json.dumps([asdict(order)]))
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PRIMEPATH_")}
    subprocess.run(
        [
            *(sys.executable, "-m", "tests.proof.processes.lane", environment.database()),
            *(orders_file, outcomes, "1"),
        ],
        env=clean,
        check=True,
    )
    outcome: dict[str, Any] = json.loads(outcomes.read_text())
    return outcome


def test_every_acknowledged_entry_survives_kill_9_of_the_server(tmp_path: Path) -> None:
    order = replace(
        orders.tiny(environment.database(), 1),
        students=STUDENTS,
        seconds=4,
        troubles=("worker_killed", "web_killed"),
    )

    found = day(order, tmp_path)

    assert (found["violations"], found["sessions"]) == ([], STUDENTS)
    assert (found["faults"]["worker_killed"], found["faults"]["web_killed"]) == (1, 1)
    assert found["acknowledged"] > STUDENTS


def test_the_checker_catches_a_server_that_acknowledges_before_it_commits(tmp_path: Path) -> None:
    _database, order = orders.CONTROLS["acknowledge_before_commit"]

    found = day(order, tmp_path)

    assert found["caught_after"] is not None
