from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import ladder
from tests import environment
from tests.bench.measured import measured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_small_ladder_loses_nothing(server_folder: Path) -> None:
    found = measured(
        "ladder", server_folder, "--steps=5,20", "--seconds=2", "--warm-up=1", "--interval=1"
    )

    facts = ("database", "sessions", "lost", "errors", "unacknowledged", "connections")
    assert [{name: row[name] for name in facts} for row in found["rows"]] == [
        dict(zip(facts, (environment.database(), sessions, 0, 0, 0, sessions), strict=True))
        for sessions in (5, 20)
    ]
    assert [row["saves"] for row in found["rows"]] == [10, 40]
    assert all(row["app_cpu_ms"] > 0 for row in found["rows"])
    assert all(row["load_cpu_ms"] is not None for row in found["rows"])
    assert found.keys() >= {"commit", "date", "machine", "knees"}


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(300)
def test_what_was_acknowledged_outlives_kill_9(server_folder: Path) -> None:
    found = measured(
        "ladder",
        server_folder,
        "--kill",
        "--steps=10",
        "--seconds=10",
        "--warm-up=1",
        "--interval=1",
    )

    (row,) = found["rows"]
    assert row["killed"] == ", ".join(ladder.VICTIMS[environment.database()])
    assert (row["lost"], row["violations"], row["examples"]) == (0, 0, [])
    # They were away for a while.
    assert row["errors"] > 0


def test_the_knee_is_the_last_step_below_its_bound() -> None:
    rows = [
        {"database": "sqlite", "sessions": sessions, "p99_ms": p99}
        for sessions, p99 in ((100, 9.0), (1000, 199.9), (10_000, 200.0))
    ]

    assert ladder.knees(rows) == {"sqlite": 1000}
